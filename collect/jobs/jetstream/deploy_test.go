package jetstream

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"premlp/collect/jobs/queue"
	"premlp/collect/jobs/queue/queuetest"
)

// TestDeployNATS reads the configuration of the docs' three servers, with names,
// ports and files of this machine. PREMLP_TEST_LONG=1 also runs them, and works on
// a job while one of them is gone.
func TestDeployNATS(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/deploy/nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	c, dir, ports := makeCertificates(t), t.TempDir(), freePorts(t, 6)
	nkey := filepath.Join(dir, "worker.nk")
	public, err := NewKey(nkey)
	if err != nil {
		t.Fatal(err)
	}
	config := regexp.MustCompile(`nkey: U[A-Z0-9]+`).ReplaceAllString(string(text), "nkey: "+public)
	var servers []*process
	var urls []string
	for i := range 3 {
		folder := filepath.Join(dir, fmt.Sprint(i))
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		mine := strings.NewReplacer(
			"server_name: queue-0", fmt.Sprint("server_name: queue-", i),
			"listen: 0.0.0.0:4222", fmt.Sprintf("listen: 127.0.0.1:%d\nlog_file: %q", ports[i], filepath.Join(folder, "log")),
			"listen: 0.0.0.0:6222", fmt.Sprintf("listen: 127.0.0.1:%d", ports[3+i]),
			"queue-0:6222", fmt.Sprintf("127.0.0.1:%d", ports[3]),
			"queue-1:6222", fmt.Sprintf("127.0.0.1:%d", ports[4]),
			"queue-2:6222", fmt.Sprintf("127.0.0.1:%d", ports[5]),
			"/secret/server.pem", c.nodeCert, "/secret/server.key", c.nodeKey, "/secret/ca.pem", c.ca,
			"store_dir: /queue", fmt.Sprintf("store_dir: %q", folder),
		).Replace(config)
		file := filepath.Join(folder, "nats.conf")
		if err := os.WriteFile(file, []byte(mine), 0o600); err != nil {
			t.Fatal(err)
		}
		if o, err := server.ProcessConfigFile(file); err != nil || !o.JetStream || o.TLSConfig == nil || len(o.Nkeys) != 1 || len(o.Routes) != 3 {
			t.Fatalf("want streams, TLS, a key and three routes, have %+v, %v", o, err)
		}
		if os.Getenv("PREMLP_TEST_LONG") == "" {
			continue
		}
		servers = append(servers, start(t, "server", file))
		urls = append(urls, fmt.Sprintf("tls://127.0.0.1:%d", ports[i]))
	}
	if len(servers) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	q := openAt(t, strings.Join(urls, ","), Options{Replicas: 3, Security: Security{CA: c.ca, NKey: nkey}})
	if err := q.Put(ctx, queuetest.Tasks("a", 10)); err != nil {
		t.Fatal(err)
	}
	servers[0].kill()
	for range 10 {
		l, err := q.Take(ctx)
		if err == nil {
			err = l.Done(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for { // its servers hear of the last one a moment later
		s, err := q.Status(ctx, "a")
		if err != nil {
			t.Fatalf("status: have %+v, %v", s, err)
		}
		if s.Idle = 0; s == (queue.Status{Done: 10}) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}
