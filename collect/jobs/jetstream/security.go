package jetstream

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/nats-io/nats.go"
)

// Security names the files that prove who speaks. Secrets stand in files only:
// never in a URL, a flag's value or an error.
type Security struct {
	CA    string // PEM certificates that vouch for the server; the system's if empty
	Cert  string // PEM certificate of this client, with Key
	Key   string // PEM key of Cert
	Creds string // NATS credentials (a JWT and its seed)
	NKey  string // the seed of an nkey
}

// The environment variables that name the files of Security.
const (
	EnvCA    = "PREMLP_QUEUE_CA"
	EnvCert  = "PREMLP_QUEUE_CERT"
	EnvKey   = "PREMLP_QUEUE_KEY"
	EnvCreds = "PREMLP_QUEUE_CREDS"
	EnvNKey  = "PREMLP_QUEUE_NKEY"
)

// WithEnv fills in what is empty from the environment.
func (s Security) WithEnv() Security {
	for _, f := range []struct {
		file *string
		env  string
	}{{&s.CA, EnvCA}, {&s.Cert, EnvCert}, {&s.Key, EnvKey}, {&s.Creds, EnvCreds}, {&s.NKey, EnvNKey}} {
		if *f.file == "" {
			*f.file = os.Getenv(f.env)
		}
	}
	return s
}

// proves says whether there is something that proves who the client is.
func (s Security) proves() bool { return s.Creds != "" || s.NKey != "" || s.Cert != "" }

// check refuses combinations that say two things at once.
func (s Security) check() error {
	switch {
	case (s.Cert == "") != (s.Key == ""):
		return errors.New("security: want a certificate and its key, have one of them")
	case s.Creds != "" && s.NKey != "":
		return errors.New("security: want credentials or an nkey, have both")
	}
	return nil
}

// servers reads a list of server URLs, separated by commas, and says whether
// all are on this host. No error shows a URL that could hold a password.
func servers(list string) (urls []string, loopback bool, err error) {
	loopback = true
	for _, s := range strings.Split(list, ",") {
		s = strings.TrimSpace(s)
		if !strings.Contains(s, "://") {
			s = "nats://" + s
		}
		u, err := url.Parse(s)
		switch {
		case err != nil:
			return nil, false, errors.New("server: want nats://HOST:PORT, have a URL that cannot be read")
		case u.User != nil:
			return nil, false, errors.New("server: want a URL without user and password (use a file of credentials), have one with them")
		case u.Scheme != "nats" && u.Scheme != "tls":
			return nil, false, fmt.Errorf("server: want nats:// or tls://, have %q", u.Scheme)
		case u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
			return nil, false, errors.New("server: want nats://HOST:PORT and no more, have something else")
		}
		urls = append(urls, u.Scheme+"://"+u.Host)
		loopback = loopback && isLoopback(u.Hostname())
	}
	return urls, loopback, nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// connectOptions are the NATS options of a connection to these servers. A
// server on another host must be reached by TLS and told who asks.
func (s Security) connectOptions(urls []string, loopback bool) ([]nats.Option, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if !loopback && !s.proves() {
		return nil, errors.New("server: on another host: want credentials, an nkey or a client certificate, have none; and TLS is then used always")
	}
	var options []nats.Option
	switch {
	case s.Creds != "":
		if _, err := os.Stat(s.Creds); err != nil {
			return nil, fmt.Errorf("credentials: %w", err)
		}
		options = append(options, nats.UserCredentials(s.Creds))
	case s.NKey != "":
		option, err := nats.NkeyOptionFromSeed(s.NKey)
		if err != nil {
			return nil, fmt.Errorf("nkey %s: want the seed of a user: %w", s.NKey, hideSeed(err))
		}
		options = append(options, option)
	}
	if loopback && s.CA == "" && s.Cert == "" && !wantTLS(urls) {
		// A server tells of others in its cluster; without TLS none but those
		// named may be spoken to.
		return append(options, nats.IgnoreDiscoveredServers()), nil
	}
	config, err := s.clientTLS()
	if err != nil {
		return nil, err
	}
	return append(options, nats.Secure(config)), nil
}

// hideSeed keeps an error of reading a file, and hides any other: it could show
// what the file holds.
func hideSeed(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path
	}
	return errors.New("the file holds something else")
}

func wantTLS(urls []string) bool {
	for _, u := range urls {
		if strings.HasPrefix(u, "tls:") {
			return true
		}
	}
	return false
}

func (s Security) clientTLS() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	var err error
	if s.CA != "" {
		if config.RootCAs, err = readCA(s.CA); err != nil {
			return nil, err
		}
	}
	if s.Cert != "" {
		pair, err := tls.LoadX509KeyPair(s.Cert, s.Key)
		if err != nil {
			return nil, fmt.Errorf("certificate %s, key %s: %w", s.Cert, s.Key, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

func readCA(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("CA: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("CA %s: want PEM certificates, have none", file)
	}
	return pool, nil
}
