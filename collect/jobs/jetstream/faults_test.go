//go:build unix

package jetstream

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"premlp/collect/jobs/queue"
	"premlp/collect/jobs/queue/queuetest"
)

// TestFaults works on jobs while servers and workers are killed, hang and are
// cut off. Each round is a job, and in each every task's result must be there
// in the end, once, and right. PREMLP_TEST_LONG=1 runs 100 rounds of each.
func TestFaults(t *testing.T) {
	t.Parallel()
	short := map[int]int{1: 7, 3: 1}
	for _, servers := range []int{1, 3} {
		rounds := short[servers]
		if os.Getenv("PREMLP_TEST_LONG") != "" {
			rounds = 100
		}
		t.Run(fmt.Sprint(servers, " servers"), func(t *testing.T) {
			t.Parallel()
			testFaults(t, servers, rounds)
		})
	}
}

const faultTasks = 100

// fleet is servers and workers that faults are done to.
type fleet struct {
	t       *testing.T
	r       *rand.Rand
	store   string
	servers []*node
	workers []*worker
	q       *natsQueue
}

// worker is a process that reaches each server through a proxy of its own.
type worker struct {
	*process
	proxies []*proxy
}

func testFaults(t *testing.T, servers, rounds int) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	f := &fleet{t: t, r: rand.New(rand.NewPCG(seed, 0)), store: t.TempDir(), servers: startServers(t, servers)}
	f.q = openAt(t, urls(f.servers), Options{
		Options:  queue.Options{Lease: testLease, RetryDelay: 10 * time.Millisecond, MaxDeliveries: 50},
		Replicas: servers,
	})
	for range 3 {
		f.addWorker()
	}
	faults := f.faults()
	counts := map[string]int{}
	var redelivered int64
	for i := range rounds {
		fault := faults[i%len(faults)]
		began := time.Now()
		status := f.round(fmt.Sprintf("round-%d", i), fault.do)
		counts[fault.name]++
		t.Logf("round %d: %s: %s, %+v", i, fault.name, time.Since(began).Round(time.Millisecond), status)
		redelivered += status.Redelivered
		if t.Failed() {
			t.Fatalf("round %d: %s", i, fault.name)
		}
	}
	t.Logf("%d rounds of %d tasks: none lost, none doubled; %d deliveries again; faults %v", rounds, faultTasks, redelivered, counts)
}

func (f *fleet) addWorker() {
	w := &worker{}
	var through []string
	for _, s := range f.servers {
		p := startProxy(f.t, strings.TrimPrefix(s.url, "nats://"))
		w.proxies = append(w.proxies, p)
		through = append(through, p.url())
	}
	w.process = start(f.t, "worker", strings.Join(through, ","), f.store)
	f.workers = append(f.workers, w)
}

// fault is something done to a fleet while it works on a job.
type fault struct {
	name string
	do   func(job string)
}

func (f *fleet) faults() []fault {
	return []fault{
		{"server killed", func(string) {
			s := f.servers[f.r.IntN(len(f.servers))]
			s.kill()
			f.wait(500)
			s.start()
		}},
		{"every server killed", func(string) {
			for _, s := range f.servers {
				s.kill()
			}
			f.wait(500)
			for _, s := range f.servers {
				s.start()
			}
		}},
		{"two workers killed", func(string) {
			for i := range 2 {
				f.workers[i].kill()
			}
			f.wait(300)
			for i := range 2 {
				f.workers[i].start()
			}
		}},
		{"worker cut off", func(string) { f.partition(false, true) }},
		{"worker held up", func(string) { f.partition(true, false) }},
		{"server stopped", func(string) {
			s := f.servers[f.r.IntN(len(f.servers))]
			_ = s.cmd.Process.Signal(syscall.SIGSTOP)
			f.wait(2000)
			_ = s.cmd.Process.Signal(syscall.SIGCONT)
		}},
		{"put again, worker and server killed", func(job string) {
			put := make(chan error, 1)
			go func() { put <- f.q.Put(f.t.Context(), queuetest.Tasks(job, faultTasks)) }()
			f.workers[0].kill()
			s := f.servers[f.r.IntN(len(f.servers))]
			s.kill()
			f.wait(300)
			s.start()
			f.workers[0].start()
			if err := <-put; err != nil {
				f.t.Error(err)
			}
		}},
	}
}

// wait waits for up to so many milliseconds.
func (f *fleet) wait(most int) {
	time.Sleep(time.Duration(f.r.IntN(most)) * time.Millisecond)
}

// partition parts one worker from every server for longer or shorter than a
// lease.
func (f *fleet) partition(held, cut bool) {
	w := f.workers[f.r.IntN(len(f.workers))]
	for _, p := range w.proxies {
		p.set(held, cut)
	}
	f.wait(int(3 * testLease / time.Millisecond))
	for _, p := range w.proxies {
		p.set(false, false)
	}
}

// round puts a job, does a fault in the middle of it and waits for its end.
func (f *fleet) round(job string, fault func(job string)) queue.Status {
	ctx, cancel := context.WithTimeout(f.t.Context(), 2*time.Minute)
	defer cancel()
	tasks := queuetest.Tasks(job, faultTasks)
	if err := f.q.Put(ctx, tasks); err != nil {
		f.t.Fatal(err)
	}
	var status queue.Status
	for status.Done < 5 { // the fault comes in the middle
		time.Sleep(10 * time.Millisecond)
		var err error
		if status, err = f.q.Status(ctx, job); err != nil {
			f.t.Fatal(err)
		}
	}
	fault(job)
	for settled := false; !settled; {
		time.Sleep(20 * time.Millisecond)
		var err error
		if status, err = f.q.Status(ctx, job); err != nil {
			f.t.Errorf("%s: %v; last status %+v", job, err, status)
			return status
		}
		settled = status.Waiting+status.Running == 0
	}
	if status.Dead > 0 {
		f.t.Errorf("%s: want none dead, have %+v", job, status)
	}
	f.check(job, tasks)
	if err := f.q.Forget(ctx, job); err != nil {
		f.t.Error(err)
	}
	return status
}

// check compares the job's results with its tasks, and removes them.
func (f *fleet) check(job string, tasks []queue.Task) {
	for _, task := range tasks {
		name := filepath.Join(f.store, task.ID)
		if have, err := os.ReadFile(name); err != nil || !bytes.Equal(have, task.Body) {
			f.t.Errorf("result of %s: want %q, have %q, %v", task.ID, task.Body, have, err)
		}
	}
	found, err := filepath.Glob(filepath.Join(f.store, job+"-*"))
	if err != nil || len(found) != len(tasks) {
		f.t.Errorf("%s: want %d results, have %d, %v", job, len(tasks), len(found), err)
	}
}
