package jetstream

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"premlp/collect/internal/filelock"
)

// ServerOptions are how the server in this process is reached.
type ServerOptions struct {
	Listen string // HOST:PORT; 127.0.0.1:4222 if empty; port 0 takes a free one

	// Cert and Key are the PEM certificate and key of the server, which a
	// server that other hosts reach must have. With CA, clients must have a
	// certificate that CA vouches for.
	Cert, Key, CA string

	// Names, in place of Cert and Key, has the server make a certificate for
	// these names and addresses of this host, in its folder: see Server.Cert.
	Names []string

	// Keys is a file of the public nkeys of the clients, one a line, and #
	// comments. If it is empty, a key is made in the server's folder: see
	// Server.NKey. With CA and no Keys the certificates are enough.
	Keys string

	// Note takes one line about what the server warns of; nil: nothing.
	Note func(line string)
}

// Server is a NATS server in this process that keeps streams in a folder.
type Server struct {
	s    *server.Server
	url  string
	nkey string
	cert string
	lock *os.File
	once sync.Once
}

// startTime bounds how long a server may take to read what its folder holds.
const startTime = 2 * time.Minute

// Serve starts a server that keeps its streams in the folder dir, which it
// makes if needed, and that ends with ctx or by Close. One process at a time
// can serve a folder.
//
// Clients must prove who they are, on this host too: others may have accounts
// here. A server that other hosts can reach must have a certificate.
func Serve(ctx context.Context, dir string, o ServerOptions) (*Server, error) {
	if o.Note == nil {
		o.Note = func(string) {}
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	srv := &Server{lock: lock}
	if err := srv.start(ctx, dir, o); err != nil {
		srv.Close()
		return nil, err
	}
	context.AfterFunc(ctx, srv.Close)
	return srv, nil
}

func (srv *Server) start(ctx context.Context, dir string, o ServerOptions) (err error) {
	if len(o.Names) > 0 {
		if o.Cert != "" || o.Key != "" {
			return errors.New("server: want a certificate or names to make one for, have both")
		}
		if o.Cert, o.Key, err = ownCertificate(dir, o.Names); err != nil {
			return err
		}
		srv.cert = o.Cert
	}
	so, err := o.natsOptions(dir)
	if err != nil {
		return err
	}
	if err := srv.clients(dir, o, so); err != nil {
		return err
	}
	s, err := server.NewServer(so)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	srv.s = s
	log := &serverLog{note: o.Note}
	s.SetLoggerV2(log, false, false, false)
	s.Start()
	for start := time.Now(); !s.ReadyForConnections(100 * time.Millisecond); {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case log.fatal() != "":
			return errors.New("server: " + log.fatal())
		case time.Since(start) > startTime:
			return fmt.Errorf("server: want it ready in %s, it is not", startTime)
		}
	}
	scheme := "nats"
	if so.TLSConfig != nil {
		scheme = "tls"
	}
	srv.url = scheme + "://" + s.Addr().String()
	return nil
}

// natsOptions checks the options and turns them into the server's.
func (o ServerOptions) natsOptions(dir string) (*server.Options, error) {
	host, portText, err := net.SplitHostPort(cmp.Or(o.Listen, "127.0.0.1:4222"))
	if err != nil {
		return nil, fmt.Errorf("listen: want HOST:PORT: %w", err)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("listen: want a port from 0 to 65535, have %q", portText)
	}
	so := &server.Options{
		ServerName: "premlp", Host: host, Port: int(port), NoSigs: true,
		JetStream: true, StoreDir: dir, SyncInterval: 10 * time.Second,
		MaxPayload: 1 << 20, MaxControlLine: 4096,
	}
	if port == 0 {
		so.Port = server.RANDOM_PORT
	}
	switch {
	case (o.Cert == "") != (o.Key == ""):
		return nil, errors.New("server: want a certificate and its key, have one of them")
	case o.Cert == "" && o.CA != "":
		return nil, errors.New("server: want a certificate beside the CA of the clients, have none")
	case o.Cert == "" && !isLoopback(host):
		return nil, fmt.Errorf("server: listening on %s, which other hosts reach: want a certificate and a key, have none", host)
	case o.Cert == "":
		return so, nil
	}
	pair, err := tls.LoadX509KeyPair(o.Cert, o.Key)
	if err != nil {
		return nil, fmt.Errorf("certificate %s, key %s: %w", o.Cert, o.Key, err)
	}
	so.TLS, so.TLSTimeout = true, 5
	so.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	if o.CA != "" {
		if so.TLSConfig.ClientCAs, err = readCA(o.CA); err != nil {
			return nil, err
		}
		so.TLSVerify, so.TLSConfig.ClientAuth = true, tls.RequireAndVerifyClientCert
	}
	return so, nil
}

// clients says whom the server lets in.
func (srv *Server) clients(dir string, o ServerOptions, so *server.Options) error {
	if o.Keys == "" && o.CA != "" {
		return nil
	}
	var keys []string
	var err error
	if o.Keys != "" {
		keys, err = readKeys(o.Keys)
	} else {
		var key string
		srv.nkey = filepath.Join(dir, "client.nk")
		key, err = ownKey(srv.nkey)
		keys = []string{key}
	}
	for _, k := range keys {
		so.Nkeys = append(so.Nkeys, &server.NkeyUser{Nkey: k})
	}
	return err
}

// URL is where clients reach the server.
func (srv *Server) URL() string { return srv.url }

// NKey is the file of the seed that clients prove themselves with; empty where
// Keys or CA said who they are.
func (srv *Server) NKey() string { return srv.nkey }

// Cert is the file of the certificate that the server made for Names, which
// clients take for their CA; else empty.
func (srv *Server) Cert() string { return srv.cert }

// Close ends the server. What it keeps is on disk.
func (srv *Server) Close() {
	srv.once.Do(func() {
		if srv.s != nil {
			srv.s.Shutdown()
			srv.s.WaitForShutdown()
		}
		srv.lock.Close()
	})
}

// lockFolder makes the folder and keeps other servers out of it.
func lockFolder(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, "server.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := filelock.Try(f); err != nil {
		f.Close()
		if errors.Is(err, filelock.ErrBusy) {
			err = errBusy
		}
		return nil, fmt.Errorf("server folder %s: %w", dir, err)
	}
	return f, nil
}

var errBusy = errors.New("another server uses it")

// serverLog passes on what the server warns of.
type serverLog struct {
	note func(string)
	mu   sync.Mutex
	last string // the last fatal line
}

func (l *serverLog) Noticef(string, ...any)         {}
func (l *serverLog) Debugf(string, ...any)          {}
func (l *serverLog) Tracef(string, ...any)          {}
func (l *serverLog) Warnf(format string, v ...any)  { l.note("server: " + fmt.Sprintf(format, v...)) }
func (l *serverLog) Errorf(format string, v ...any) { l.note("server: " + fmt.Sprintf(format, v...)) }
func (l *serverLog) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = fmt.Sprintf(format, v...)
}

func (l *serverLog) fatal() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}
