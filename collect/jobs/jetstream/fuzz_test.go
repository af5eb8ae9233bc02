package jetstream

import (
	"net"
	"net/url"
	"strings"
	"testing"

	"premlp/collect/jobs/queue"
)

// FuzzServers holds that what is taken for a list of servers has no user or
// password, and that no server elsewhere is taken for one on this host.
func FuzzServers(f *testing.F) {
	for _, s := range []string{
		"nats://127.0.0.1:4222", "localhost", "tls://a:1,nats://[::1]:2", "nats://u:p@127.0.0.1", "nats://127.0.0.1@evil", "nats://127.0.0.1#@evil",
		"nats://localhost\\@evil", "nats://%6cocalhost", "nats://127.1", "nats://[::ffff:127.0.0.1]:1", "nats://LOCALHOST", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, list string) {
		urls, loopback, err := servers(list)
		if err != nil {
			return
		}
		for _, s := range urls {
			u, err := url.Parse(s)
			if err != nil || u.User != nil || strings.Contains(s, "@") {
				t.Errorf("%q: taken as %q, %v", list, s, err)
				continue
			}
			if ip := net.ParseIP(u.Hostname()); loopback && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
				t.Errorf("%q: taken for this host", list)
			}
		}
	})
}

// FuzzLetter reads records of deaths that anybody could have written.
func FuzzLetter(f *testing.F) {
	f.Add("id", []byte(`{"task":{"id":"a","job":"b","body":"eA=="},"deliveries":3,"error":"e"}`))
	f.Add("*", []byte(`{`))
	f.Add("id", []byte(`{"deliveries":-1,"error":"\u0000"}`))
	f.Add("id", []byte(`null`))
	h := &jobHandle{name: "job"}
	f.Fuzz(func(t *testing.T, id string, data []byte) {
		have := h.parseLetter(deadSubjects+"job."+id, data)
		if have.Task.Job != "job" || have.Task.ID != "" && have.Task.Check() != nil {
			t.Errorf("%q: have %+v", id, have.Task)
		}
		if queue.CheckName("task", id) == nil && have.Task.ID != id && have.Error == "" {
			t.Errorf("%q: have %q", id, have.Task.ID)
		}
	})
}
