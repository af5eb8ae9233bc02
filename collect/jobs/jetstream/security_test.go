package jetstream

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"premlp/collect/jobs/queue"
	"premlp/collect/jobs/queue/queuetest"
)

// certificates are files of a CA, and of a server and a client it vouches for.
type certificates struct {
	ca, serverCert, serverKey, clientCert, clientKey string
	nodeCert, nodeKey                                string // of a server that is a client of others
}

func makeCertificates(t *testing.T) certificates {
	t.Helper()
	dir := t.TempDir()
	caKey := newECKey(t)
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	sign := func(name string, c *x509.Certificate, key *ecdsa.PrivateKey) (cert, keyFile string) {
		der, err := x509.CreateCertificate(rand.Reader, c, ca, &key.PublicKey, caKey)
		if err != nil {
			t.Fatal(err)
		}
		keyDER, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return writePEM(t, filepath.Join(dir, name+".pem"), "CERTIFICATE", der), writePEM(t, filepath.Join(dir, name+".key"), "EC PRIVATE KEY", keyDER)
	}
	var c certificates
	c.ca, _ = sign("ca", ca, caKey)
	leaf := func(serial int64, usage ...x509.ExtKeyUsage) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: usage,
		}
	}
	c.serverCert, c.serverKey = sign("server", leaf(2, x509.ExtKeyUsageServerAuth), newECKey(t))
	c.clientCert, c.clientKey = sign("client", leaf(3, x509.ExtKeyUsageClientAuth), newECKey(t))
	c.nodeCert, c.nodeKey = sign("node", leaf(4, x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth), newECKey(t))
	return c
}

func newECKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func writePEM(t *testing.T, file, kind string, der []byte) string {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestRefusedURLs holds that no server is spoken to that should not be, and
// that no error shows what could be a password.
func TestRefusedURLs(t *testing.T) {
	const secret = "hunter2"
	c := makeCertificates(t)
	cert := Security{CA: c.ca, Cert: c.clientCert, Key: c.clientKey}
	for _, test := range []struct {
		url      string
		security Security
		want     string
	}{
		{"nats://queue.example:4222", Security{}, "on another host: want credentials"},
		{"tls://queue.example:4222", Security{CA: c.ca}, "on another host: want credentials"},
		{"nats://127.0.0.1:4222,nats://10.0.0.1:4222", Security{}, "on another host: want credentials"},
		{"nats://127.0.0.1.example:4222", Security{}, "on another host: want credentials"},
		{"nats://0.0.0.0:4222", Security{}, "on another host: want credentials"},
		{"nats://user:" + secret + "@127.0.0.1:4222", Security{}, "without user and password"},
		{"user:" + secret + "@127.0.0.1:4222", Security{}, "without user and password"},
		{"nats://" + secret + "@127.0.0.1:4222", Security{}, "without user and password"},
		{"nats://user:" + secret + "@127.0.0.1:4222", cert, "without user and password"},
		{"nats://user:" + secret + "%zz@127.0.0.1:4222", Security{}, "cannot be read"},
		{"nats://127.0.0.1:4222?password=" + secret, Security{}, "and no more"},
		{"nats://127.0.0.1:4222/" + secret, Security{}, "and no more"},
		{"ws://127.0.0.1:4222", Security{}, "want nats:// or tls://"},
		{"nats://", Security{}, "and no more"},
		{"nats://127.0.0.1:4222", Security{Cert: c.clientCert}, "its key"},
		{"nats://127.0.0.1:4222", Security{Creds: "a", NKey: "b"}, "have both"},
		{"nats://127.0.0.1:4222", Security{Creds: filepath.Join(t.TempDir(), "none")}, "no such file"},
		{"nats://127.0.0.1:4222", Security{NKey: c.clientKey}, "the seed of a user"},
		{"nats://127.0.0.1:4222", Security{CA: c.clientKey}, "want PEM certificates"},
	} {
		q, err := Open(t.Context(), test.url, Options{Security: test.security})
		if err == nil {
			q.Close()
			t.Errorf("%s: want an error, have none", test.url)
			continue
		}
		if !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: want an error with %q and no secret, have %q", test.url, test.want, err)
		}
	}
}

// TestSecretsAreHidden holds that an error about a file does not show what is
// in it.
func TestSecretsAreHidden(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bad.nk")
	if err := os.WriteFile(file, []byte("SUAHUNTER2HUNTER2"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), "nats://127.0.0.1:4222", Options{Security: Security{NKey: file}})
	if err == nil || strings.Contains(err.Error(), "HUNTER2") {
		t.Errorf("a bad seed: have %v", err)
	}
	if _, err = ownKey(file); err == nil || strings.Contains(err.Error(), "HUNTER2") {
		t.Errorf("a bad seed of the server: have %v", err)
	}
	if _, err = readKeys(file); err == nil || strings.Contains(err.Error(), "HUNTER2") {
		t.Errorf("a seed where public keys should be: have %v", err)
	}
}

// TestServeRefuses holds what a server must have before other hosts may reach
// it.
func TestServeRefuses(t *testing.T) {
	c := makeCertificates(t)
	for _, test := range []struct {
		o    ServerOptions
		want string
	}{
		{ServerOptions{Listen: "0.0.0.0:0"}, "want a certificate and a key"},
		{ServerOptions{Listen: ":0"}, "want a certificate and a key"},
		{ServerOptions{Listen: "[::]:0"}, "want a certificate and a key"},
		{ServerOptions{Listen: "127.0.0.1"}, "want HOST:PORT"},
		{ServerOptions{Listen: "127.0.0.1:70000"}, "want a port"},
		{ServerOptions{Listen: "127.0.0.1:0", Cert: c.serverCert}, "its key"},
		{ServerOptions{Listen: "127.0.0.1:0", CA: c.ca}, "beside the CA"},
		{ServerOptions{Listen: "127.0.0.1:0", Keys: c.ca}, "want the public key"},
	} {
		s, err := Serve(t.Context(), t.TempDir(), test.o)
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: want an error with %q, have %v", test.o, test.want, err)
		}
	}
	dir := t.TempDir()
	s, err := Serve(t.Context(), dir, ServerOptions{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := Serve(t.Context(), dir, ServerOptions{Listen: "127.0.0.1:0"}); !errors.Is(err, errBusy) {
		t.Errorf("a second server on a folder: want %v, have %v", errBusy, err)
	}
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(s.URL(), "nats://"))
	if _, err := Serve(t.Context(), t.TempDir(), ServerOptions{Listen: "127.0.0.1:" + port}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a second server on a port: have %v", err)
	}
}

// TestWhoIsLetIn tries servers with the right and the wrong proof.
func TestWhoIsLetIn(t *testing.T) {
	c := makeCertificates(t)
	dir := t.TempDir()
	seed, other := filepath.Join(dir, "a.nk"), filepath.Join(dir, "b.nk")
	public, err := NewKey(seed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewKey(seed); !errors.Is(err, os.ErrExist) {
		t.Errorf("a key over another: want it refused, have %v", err)
	}
	if _, err := NewKey(other); err != nil {
		t.Fatal(err)
	}
	keys := filepath.Join(dir, "keys")
	if err := os.WriteFile(keys, []byte("# workers\n"+public+" # a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	byKey := ServerOptions{Listen: "0.0.0.0:0", Cert: c.serverCert, Key: c.serverKey, Keys: keys}
	byCert := ServerOptions{Listen: "127.0.0.1:0", Cert: c.serverCert, Key: c.serverKey, CA: c.ca}
	for _, test := range []struct {
		name     string
		server   ServerOptions
		security Security
		in       bool
	}{
		{"nkey and CA", byKey, Security{CA: c.ca, NKey: seed}, true},
		{"another nkey", byKey, Security{CA: c.ca, NKey: other}, false},
		{"no nkey", byKey, Security{CA: c.ca}, false},
		{"the system's CAs", byKey, Security{NKey: seed}, false},
		{"certificate", byCert, Security{CA: c.ca, Cert: c.clientCert, Key: c.clientKey}, true},
		{"no certificate", byCert, Security{CA: c.ca, NKey: seed}, false},
		{"the server's certificate as a client's", byCert, Security{CA: c.ca, Cert: c.serverCert, Key: c.serverKey}, false},
		{"no proof on this host", ServerOptions{Listen: "127.0.0.1:0"}, Security{}, false},
		{"TLS wanted, none there", ServerOptions{Listen: "127.0.0.1:0"}, Security{CA: c.ca, NKey: seed}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := Serve(t.Context(), t.TempDir(), test.server)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			url := s.URL()
			_, port, _ := net.SplitHostPort(url[strings.LastIndex(url, "/")+1:])
			url = url[:strings.Index(url, "://")] + "://127.0.0.1:" + port
			start := time.Now()
			q, err := Open(t.Context(), url, Options{Security: test.security})
			if (err == nil) != test.in {
				t.Errorf("let in: want %t, have %v", test.in, err)
			}
			if err != nil && time.Since(start) > openPatience/2 {
				t.Errorf("refused only after %s: %v", time.Since(start), err)
			}
			if err == nil {
				defer q.Close()
				if err := q.Put(t.Context(), queuetest.Tasks("a", 1)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestOwnCertificate reaches a server by the certificate that it made, which
// stays the same as long as it will do.
func TestOwnCertificate(t *testing.T) {
	dir := t.TempDir()
	var made []byte
	for _, names := range [][]string{{"127.0.0.1"}, {"127.0.0.1"}, {"localhost", "127.0.0.1"}} {
		s, err := Serve(t.Context(), dir, ServerOptions{Listen: "0.0.0.0:0", Names: names})
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(s.URL()[len("tls://"):])
		for _, name := range []string{"127.0.0.1", "localhost"} {
			q, err := Open(t.Context(), "tls://"+name+":"+port, Options{Security: Security{CA: s.Cert(), NKey: s.NKey()}})
			if want := name == "127.0.0.1" || len(names) == 2; (err == nil) != want {
				t.Errorf("reached as %s with a certificate for %q: want %t, have %v", name, names, want, err)
			}
			if err == nil {
				q.Close()
			}
		}
		cert, err := os.ReadFile(s.Cert())
		if same := bytes.Equal(cert, made); err != nil || same != (made != nil && len(names) == 1) {
			t.Errorf("certificate for %q: the same as before: %t, %v", names, same, err)
		}
		made = cert
		s.Close()
	}
}

// TestHostileMessages puts what no Put would, as one with access could.
func TestHostileMessages(t *testing.T) {
	s := serve(t)
	q := openAt(t, s.URL(), Options{Security: Security{NKey: s.NKey()}})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := q.Put(ctx, queuetest.Tasks("a", 1)); err != nil {
		t.Fatal(err)
	}
	first, err := q.Take(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*nats.Msg{
		{Subject: "premlp.unit.a..%2f..%2fetc", Data: []byte("x")},
		{Subject: "premlp.unit.a.../../x", Data: []byte("x")},
		{Subject: "premlp.unit.a.$(touch-x)", Data: []byte("x")},
		{Subject: "premlp.unit.a." + strings.Repeat("x", 3000), Data: []byte("x")},
		{Subject: "premlp.unit.a.large", Data: make([]byte, queue.MaxBody+1)},
		{Subject: "premlp.unit.a.header", Header: nats.Header{"Status": {"409"}}, Data: []byte("x")},
	} {
		if _, err := q.js.PublishMsg(ctx, m); err != nil {
			t.Logf("%.40s: the server refused: %v", m.Subject, err)
		}
	}
	// Records of deaths that are none.
	for id, data := range map[string]string{"good": `{"error":"e","task":{"id":"other","job":"other"}}`, "bad": "{", "$(x)": `{}`} {
		if _, err := q.js.Publish(ctx, deadSubjects+"a."+id, []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.Put(ctx, queuetest.Tasks("a", 2)); err != nil {
		t.Fatal(err)
	}
	for range 2 { // only the one with a good name, and the task
		l, err := q.Take(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if id := l.Task().ID; id != "header" && id != queuetest.Tasks("a", 2)[1].ID {
			t.Errorf("took %q", id)
		}
		if err := l.Done(ctx); err != nil {
			t.Error(err)
		}
	}
	if err := first.Done(ctx); err != nil {
		t.Error(err)
	}
	if status, err := q.Status(ctx, "a"); err != nil || status.Waiting+status.Running != 0 {
		t.Errorf("status: %+v, %v", status, err)
	}
	found := map[string]string{}
	for f, err := range q.Dead(ctx, "a") {
		if err != nil {
			t.Fatal(err)
		}
		if f.Task.Job != "a" {
			t.Errorf("a death of job %q", f.Task.Job)
		}
		found[f.Task.ID] = f.Error
	}
	if len(found) != 3 || found["good"] != "e" || !strings.Contains(found["bad"], "cannot be read") || !strings.Contains(found[""], "no task") {
		t.Errorf("dead: have %q", found)
	}
}

// TestNothingSecretIsNoted breaks a connection with an nkey and reads the
// notes.
func TestNothingSecretIsNoted(t *testing.T) {
	s := serve(t)
	p := startProxy(t, strings.TrimPrefix(s.URL(), "nats://"))
	seed, err := os.ReadFile(s.NKey())
	if err != nil {
		t.Fatal(err)
	}
	notes := make(chan string, 1000)
	q := openAt(t, p.url(), Options{Security: Security{NKey: s.NKey()}, Note: func(line string) { notes <- line }})
	p.set(false, true)
	p.set(false, false)
	if err := q.Put(t.Context(), queuetest.Tasks("a", 1)); err != nil {
		t.Fatal(err)
	}
	q.Close()
	all := ""
	for len(notes) > 0 {
		all += <-notes + "\n"
	}
	if all == "" || strings.Contains(all, string(bytes.TrimSpace(seed))) {
		t.Errorf("want notes about the connection without the seed, have %q", all)
	}
	if info, err := os.Stat(s.NKey()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the seed's file: want mode 0600, have %v, %v", info.Mode(), err)
	}
}
