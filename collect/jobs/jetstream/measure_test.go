package jetstream

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"premlp/collect/jobs/queue"
	"premlp/collect/jobs/queue/queuetest"
)

// TestMeasure prints what the queue costs. It is no check, so it runs only when
// asked for.
func TestMeasure(t *testing.T) {
	if os.Getenv("PREMLP_TEST_MEASURE") == "" {
		t.Skip("set PREMLP_TEST_MEASURE=1 to measure")
	}
	t.Run("memory", func(t *testing.T) {
		measureFlow(t, "in memory", queue.NewMemory(queue.Options{}), 100_000)
	})
	for _, n := range []int{1, 3} {
		t.Run(fmt.Sprint(n, " servers"), func(t *testing.T) {
			nodes := startServers(t, n)
			q := openAt(t, urls(nodes), Options{Replicas: n})
			measureFlow(t, fmt.Sprint(n, " servers"), q, 10_000)
			measureBeats(t, fmt.Sprint(n, " servers"), q)
		})
	}
	t.Run("fleet", func(t *testing.T) { measureFleet(t, 1000, 20) })
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		t.Run(fmt.Sprint(n, " tasks"), func(t *testing.T) { measureList(t, n) })
	}
}

// body is of the size of a unit's description.
var body = make([]byte, 400)

func bodies(job string, n int) []queue.Task {
	tasks := queuetest.Tasks(job, n)
	for i := range tasks {
		tasks[i].ID = fmt.Sprintf("%064x", i)
		tasks[i].Body = body
	}
	return tasks
}

// measureFlow times put, and take and done by some workers.
func measureFlow(t *testing.T, name string, q queue.Queue, n int) {
	start := time.Now()
	if err := q.Put(t.Context(), bodies("flow", n)); err != nil {
		t.Fatal(err)
	}
	put := time.Since(start)
	for _, workers := range []int{1, 16} {
		half := n / 2
		start = time.Now()
		var left atomic.Int64
		left.Store(int64(half))
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				for left.Add(-1) >= 0 {
					l, err := q.Take(t.Context())
					if err == nil {
						err = l.Done(t.Context())
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		took := time.Since(start)
		t.Logf("%s: put %.0f/s; take and done by %d workers %.0f/s; all three %.0f/s", name,
			float64(n)/put.Seconds(), workers, float64(half)/took.Seconds(),
			float64(n)/(put.Seconds()+2*took.Seconds()))
	}
}

// measureFleet times workers that each have a connection of their own: some
// tasks each, and then the memory of a server whose workers are all idle.
func measureFleet(t *testing.T, workers, each int) {
	nodes := startServers(t, 1)
	q := openAt(t, nodes[0].url, Options{})
	if err := q.Put(t.Context(), bodies("fleet", workers*each)); err != nil {
		t.Fatal(err)
	}
	fleet := make([]*natsQueue, workers)
	for i := range fleet {
		fleet[i] = openAt(t, nodes[0].url, Options{})
	}
	start := time.Now()
	var all sync.WaitGroup
	for _, q := range fleet {
		all.Go(func() {
			for range each {
				l, err := q.Take(t.Context())
				if err == nil {
					err = l.Done(t.Context())
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	took := time.Since(start)
	var idle sync.WaitGroup
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	cpu := cpuTime(t, nodes[0].cmd.Process.Pid)
	for _, q := range fleet {
		idle.Go(func() {
			if l, err := q.Take(ctx); err == nil {
				t.Errorf("took %s", l.Task().ID)
			}
		})
	}
	idle.Wait()
	now, _ := memory(t, nodes[0].cmd.Process.Pid)
	t.Logf("%d workers with a connection each: take and done %.0f/s; idle for 10 s: server %.0f MiB, %.2f s of processor", workers,
		float64(workers*each)/took.Seconds(), now, (cpuTime(t, nodes[0].cmd.Process.Pid) - cpu).Seconds())
}

// cpuTime is how long a process has computed.
func cpuTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Skip(err)
	}
	f := strings.Fields(string(text))
	user, _ := strconv.Atoi(f[13])
	system, _ := strconv.Atoi(f[14])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// measureBeats times the heartbeats of 16 leases and the status that each asks
// for.
func measureBeats(t *testing.T, name string, q queue.Queue) {
	const leases, beats = 16, 200
	if err := q.Put(t.Context(), bodies("beats", leases)); err != nil {
		t.Fatal(err)
	}
	var extend, status atomic.Int64
	var all sync.WaitGroup
	for range leases {
		l, err := q.Take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			for range beats {
				start := time.Now()
				if err := l.Extend(t.Context()); err != nil {
					t.Error(err)
				}
				extended := time.Now()
				if _, err := q.Status(t.Context(), "beats"); err != nil {
					t.Error(err)
				}
				extend.Add(int64(extended.Sub(start)))
				status.Add(int64(time.Since(extended)))
			}
		})
	}
	start := time.Now()
	all.Wait()
	took := time.Since(start)
	t.Logf("%s: %.0f heartbeats with their status a second; extend %s, status %s each", name, leases*beats/took.Seconds(),
		time.Duration(extend.Load()/(leases*beats)).Round(time.Microsecond), time.Duration(status.Load()/(leases*beats)).Round(time.Microsecond))
}

// measureList times publishing by another process and a status, and reads the
// memory of both processes.
func measureList(t *testing.T, n int) {
	nodes := startServers(t, 1)
	q := openAt(t, nodes[0].url, Options{})
	before, _ := memory(t, nodes[0].cmd.Process.Pid)
	began := time.Now()
	<-start(t, "publisher", nodes[0].url, strconv.Itoa(n)).exit
	put := time.Since(began)
	after, most := memory(t, nodes[0].cmd.Process.Pid)
	began = time.Now()
	s, err := q.Status(t.Context(), "list")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d tasks: put in %s (with starting the process); status in %s: %+v; server before %.0f MiB, after %.0f, at most %.0f",
		n, put.Round(time.Millisecond), time.Since(began).Round(10*time.Microsecond), s, before, after, most)
	nodes[0].kill()
	began = time.Now()
	nodes[0].start()
	if s, err = q.Status(t.Context(), "list"); err != nil {
		t.Fatal(err)
	}
	again, _ := memory(t, nodes[0].cmd.Process.Pid)
	t.Logf("%d tasks: killed and started, status after %s: %d waiting; server %.0f MiB", n, time.Since(began).Round(time.Millisecond), s.Waiting, again)
}

// runPublisher puts tasks a slice at a time, as a submission does, and prints
// its memory.
func runPublisher(url, count string) {
	n, _ := strconv.Atoi(count)
	ctx := context.Background()
	q, err := Open(ctx, url, Options{})
	start := time.Now()
	tasks := make([]queue.Task, 0, 2048)
	for i := 0; i < n && err == nil; i += len(tasks) {
		tasks = tasks[:0]
		for j := i; j < min(n, i+cap(tasks)); j++ {
			tasks = append(tasks, queue.Task{ID: fmt.Sprintf("%064x", j), Job: "list", Body: body})
		}
		err = q.Put(ctx, tasks)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	took := time.Since(start)
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return
	}
	defer f.Close()
	now, most := readMemory(f)
	fmt.Printf("publisher: %d tasks in %s, %.0f/s; memory %.0f MiB, at most %.0f\n", n, took.Round(time.Millisecond), float64(n)/took.Seconds(), now, most)
}
