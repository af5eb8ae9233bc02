package jetstream

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
)

// TestDeployNATS has the server read the configuration of the docs, with files
// that are there.
func TestDeployNATS(t *testing.T) {
	text, err := os.ReadFile("../../../docs/deploy/nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	c := makeCertificates(t)
	config := strings.NewReplacer("/secret/server.pem", c.serverCert, "/secret/server.key", c.serverKey, "/secret/ca.pem", c.ca).Replace(string(text))
	file := filepath.Join(t.TempDir(), "nats.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := server.ProcessConfigFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !o.JetStream || o.TLSConfig == nil || len(o.Nkeys) != 1 || len(o.Routes) != 3 || o.Cluster.TLSConfig == nil {
		t.Errorf("want streams, TLS, a key, three routes: have %+v", o)
	}
}
