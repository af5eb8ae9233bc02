package jetstream

import (
	"net"
	"sync"
	"testing"
)

// proxy stands between clients and a server, so that a test can cut or hold up
// what they say.
type proxy struct {
	listener net.Listener
	to       string

	mu    sync.Mutex
	moves sync.Cond // on mu: a state changed
	held  bool      // nothing passes, and nothing is closed
	cut   bool      // connections are closed, and new ones too
	conns map[net.Conn]bool
}

func startProxy(t testing.TB, to string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, to: to, conns: map[net.Conn]bool{}}
	p.moves.L = &p.mu
	go p.accept()
	t.Cleanup(func() {
		l.Close()
		p.set(false, true)
	})
	return p
}

func (p *proxy) url() string { return "nats://" + p.listener.Addr().String() }

// set says whether the proxy holds up or cuts connections.
func (p *proxy) set(held, cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held, p.cut = held, cut
	if cut {
		for c := range p.conns {
			c.Close()
		}
	}
	p.moves.Broadcast()
}

func (p *proxy) accept() {
	for {
		in, err := p.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", p.to)
		if err != nil {
			in.Close()
			continue
		}
		p.mu.Lock()
		p.conns[in], p.conns[out] = true, true
		cut := p.cut
		p.mu.Unlock()
		if cut {
			in.Close()
			out.Close()
		}
		go p.pass(in, out)
		go p.pass(out, in)
	}
}

// pass copies from one side to the other while nothing holds it up.
func (p *proxy) pass(from, to net.Conn) {
	defer func() {
		from.Close()
		to.Close()
		p.mu.Lock()
		delete(p.conns, from)
		p.mu.Unlock()
	}()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		p.mu.Lock()
		for p.held && !p.cut {
			p.moves.Wait()
		}
		p.mu.Unlock()
		if _, err2 := to.Write(buffer[:n]); err != nil || err2 != nil {
			return
		}
	}
}
