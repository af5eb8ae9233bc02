package queue_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"premlp/collect/jobs/queue"
)

// scenario is a job and a fleet. The queue and the worker loop are the real
// ones; the work, the faults and the clock are simulated.
type scenario struct {
	name           string
	workers, units int
	speed          func(r *rand.Rand, worker int) float64 // 1 is a unit in unitTime
	noShare        bool                                   // slow units are not shared
	crash          time.Duration                          // mean time between crashes of a worker; 0: never
	partition      time.Duration                          // mean time between partitions of a worker; 0: never
	most           float64                                // the most times the ideal time; 0: any
	runs           int                                    // with other random numbers each; 0: one
}

// The simulated job: units that take about 10 s, with leases of 30 s.
const (
	unitTime    = 10 * time.Second
	unitSpread  = 0.2 // standard deviation of the logarithm
	simLease    = 30 * time.Second
	repairTime  = 20 * time.Second
	cutOffTime  = 45 * time.Second // mean; longer than a lease or shorter
	simDelivers = 20
)

func equal(*rand.Rand, int) float64 { return 1 }

// oneSlow makes every tenth worker so many times slower.
func oneSlow(times float64) func(*rand.Rand, int) float64 {
	return func(_ *rand.Rand, w int) float64 {
		if w%10 == 0 {
			return 1 / times
		}
		return 1
	}
}

func mixed(r *rand.Rand, _ int) float64 { return math.Exp(0.5 * r.NormFloat64()) }

// scenarios are simulated in every test; large ones on demand.
var scenarios = []scenario{
	{name: "equal", workers: 10, runs: 20, units: 300, speed: equal, most: 1.15},
	{name: "one of ten 5 times slower", workers: 10, runs: 20, units: 300, speed: oneSlow(5), most: 1.15},
	{name: "the same, not shared", workers: 10, runs: 20, units: 300, speed: oneSlow(5), noShare: true},
	{name: "one of ten 20 times slower", workers: 10, runs: 20, units: 300, speed: oneSlow(20), most: 1.15},
	{name: "the same, not shared", workers: 10, runs: 20, units: 300, speed: oneSlow(20), noShare: true},
	{name: "one of ten 5 times slower", workers: 10, runs: 20, units: 1000, speed: oneSlow(5), most: 1.15},
	{name: "one of ten 5 times slower", workers: 10, runs: 20, units: 100, speed: oneSlow(5)},
	{name: "the same, not shared", workers: 10, runs: 20, units: 100, speed: oneSlow(5), noShare: true},
	{name: "one of ten 5 times slower", workers: 1000, units: 30_000, speed: oneSlow(5), most: 1.15},
	{name: "mixed speeds", workers: 1000, units: 30_000, speed: mixed, most: 1.15},
	{name: "crash every 5 min", workers: 100, runs: 20, units: 3000, speed: equal, crash: 5 * time.Minute},
	{name: "cut off every 5 min", workers: 100, runs: 20, units: 3000, speed: equal, partition: 5 * time.Minute},
}

var large = []scenario{
	{name: "equal", workers: 10_000, units: 100_000, speed: equal},
	{name: "one of ten 5 times slower", workers: 10_000, units: 100_000, speed: oneSlow(5)},
	{name: "the same, not shared", workers: 10_000, units: 100_000, speed: oneSlow(5), noShare: true},
	{name: "mixed speeds", workers: 10_000, units: 100_000, speed: mixed},
	{name: "mixed, crash and cut off every 5 min", workers: 10_000, units: 100_000, speed: mixed, crash: 5 * time.Minute, partition: 5 * time.Minute},
	{name: "one of ten 5 times slower", workers: 1000, units: 100_000, speed: oneSlow(5)},
}

// TestSimulate prints what becomes of jobs, in simulated time, and checks that
// no result is missing and that no straggler holds a job up.
func TestSimulate(t *testing.T) {
	all := scenarios
	if os.Getenv("PREMLP_TEST_LONG") != "" {
		all = append(all, large...)
	}
	for _, s := range all {
		t.Run(fmt.Sprintf("%s, %d workers, %d units", s.name, s.workers, s.units), func(t *testing.T) {
			if testing.Short() && s.workers > 100 {
				t.Skip("large")
			}
			var sum, worst, ideal float64
			computed, again := 0, int64(0)
			for run := range max(1, s.runs) {
				synctest.Test(t, func(t *testing.T) {
					began := time.Now()
					sim := simulate(t, s, uint64(run))
					ratio := time.Since(began).Seconds() / sim.ideal.Seconds()
					sum, worst = sum+ratio, max(worst, ratio)
					computed, again, ideal = computed+sim.computed, again+sim.status.Redelivered, ideal+sim.ideal.Seconds()
					if len(sim.results) != s.units || sim.status.Dead > 0 {
						t.Errorf("want %d results and none dead, have %d, %+v", s.units, len(sim.results), sim.status)
					}
				})
			}
			n := float64(max(1, s.runs))
			t.Logf("ideal %4.0f s; took %.3f times that, at worst %.3f; computed %.3f times the units; %.1f %% delivered again",
				ideal/n, sum/n, worst, float64(computed)/n/float64(s.units), 100*float64(again)/n/float64(s.units))
			if s.most > 0 && worst > s.most {
				t.Errorf("want at most %.2f times the ideal time, have %.3f", s.most, worst)
			}
		})
	}
}

// simulation is a scenario under way.
type simulation struct {
	scenario
	memory *queue.Memory
	ideal  time.Duration // all work at the speed of all workers

	mu       sync.Mutex
	work     map[string]time.Duration // of each unit, at speed 1
	results  map[string]bool
	computed int
	finished chan struct{} // closed when every result is there
	status   queue.Status
}

func simulate(t *testing.T, s scenario, seed uint64) *simulation {
	r := rand.New(rand.NewPCG(1, seed))
	sim := &simulation{
		scenario: s, work: map[string]time.Duration{}, results: map[string]bool{}, finished: make(chan struct{}),
		memory: queue.NewMemory(queue.Options{Lease: simLease, MaxDeliveries: simDelivers}),
	}
	var tasks []queue.Task
	var total, speed float64
	for i := range s.units {
		task := queue.Task{ID: fmt.Sprintf("u%d", i), Job: "sim"}
		tasks = append(tasks, task)
		sim.work[task.ID] = time.Duration(float64(unitTime) * math.Exp(unitSpread*r.NormFloat64()))
		total += sim.work[task.ID].Seconds()
	}
	if err := sim.memory.Put(t.Context(), tasks); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for i := range s.workers {
		w := &simWorker{sim: sim, r: rand.New(rand.NewPCG(3+seed, uint64(i))), speed: s.speed(r, i)}
		speed += w.speed
		all.Go(func() { w.live(ctx) })
	}
	sim.ideal = time.Duration(total / speed * float64(time.Second))
	<-sim.finished
	sim.status, _ = sim.memory.Status(t.Context(), "sim")
	stop()
	all.Wait()
	sim.memory.Close()
	return sim
}

// store keeps a result, if absent.
func (sim *simulation) store(id string) {
	sim.mu.Lock()
	defer sim.mu.Unlock()
	sim.computed++
	if sim.results[id] {
		return
	}
	sim.results[id] = true
	if len(sim.results) == sim.units {
		close(sim.finished)
	}
}

func (sim *simulation) stored(id string) bool {
	sim.mu.Lock()
	defer sim.mu.Unlock()
	return sim.results[id]
}

// simWorker is a machine that crashes and is cut off.
type simWorker struct {
	sim   *simulation
	r     *rand.Rand
	speed float64
}

// live runs the worker, from crash to crash.
func (w *simWorker) live(ctx context.Context) {
	for ctx.Err() == nil {
		line := &simLine{Memory: w.sim.memory, noShare: w.sim.noShare}
		until, end := context.WithCancel(ctx)
		if w.sim.crash > 0 {
			after := w.exponential(w.sim.crash)
			context.AfterFunc(ctx, end)
			time.AfterFunc(after, func() {
				line.cut(true)
				end()
			})
		}
		var parted sync.WaitGroup
		if w.sim.partition > 0 {
			r := rand.New(rand.NewPCG(w.r.Uint64(), 0))
			parted.Go(func() { line.part(until, r, w.sim.partition) })
		}
		worker := queue.Worker{Queue: line, Heartbeat: simLease / 3, Do: func(ctx context.Context, t queue.Task) error { return w.do(ctx, line, t) }}
		if err := worker.Run(until); err != nil {
			panic(err)
		}
		end()
		parted.Wait()
		sleep(ctx, repairTime)
	}
}

// do computes a unit: it takes its time, and the store is out of reach while
// the worker is cut off.
func (w *simWorker) do(ctx context.Context, line *simLine, t queue.Task) error {
	if w.sim.stored(t.ID) {
		return nil
	}
	sleep(ctx, time.Duration(float64(w.sim.work[t.ID])/w.speed))
	if err := line.wait(ctx); err != nil {
		return err
	}
	w.sim.store(t.ID)
	return nil
}

func (w *simWorker) exponential(mean time.Duration) time.Duration {
	return time.Duration(w.r.ExpFloat64() * float64(mean))
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// simLine is a worker's line to the queue, which can be cut.
type simLine struct {
	*queue.Memory
	noShare bool

	mu   sync.Mutex
	down chan struct{} // closed when the line is whole again; nil while it is
}

var errCut = errors.New("cut off")

func (l *simLine) cut(down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case down && l.down == nil:
		l.down = make(chan struct{})
	case !down && l.down != nil:
		close(l.down)
		l.down = nil
	}
}

// part cuts the line now and then.
func (l *simLine) part(ctx context.Context, r *rand.Rand, every time.Duration) {
	for ctx.Err() == nil {
		sleep(ctx, time.Duration(r.ExpFloat64()*float64(every)))
		if ctx.Err() != nil {
			return
		}
		l.cut(true)
		sleep(ctx, time.Duration(r.ExpFloat64()*float64(cutOffTime)))
		if ctx.Err() == nil {
			l.cut(false)
		}
	}
}

func (l *simLine) state() chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.down
}

// wait waits until the line is whole.
func (l *simLine) wait(ctx context.Context) error {
	for down := l.state(); down != nil; down = l.state() {
		select {
		case <-down:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ctx.Err()
}

func (l *simLine) Take(ctx context.Context) (queue.Lease, error) {
	if err := l.wait(ctx); err != nil {
		return nil, err
	}
	lease, err := l.Memory.Take(ctx)
	if err != nil {
		return nil, err
	}
	return &lineLease{lease, l}, nil
}

func (l *simLine) Status(ctx context.Context, job string) (queue.Status, error) {
	if l.noShare || l.state() != nil {
		return queue.Status{}, errCut
	}
	return l.Memory.Status(ctx, job)
}

// lineLease is a lease held through a line.
type lineLease struct {
	queue.Lease
	line *simLine
}

func (l *lineLease) Extend(ctx context.Context) error {
	return l.say(func() error { return l.Lease.Extend(ctx) })
}
func (l *lineLease) Done(ctx context.Context) error {
	return l.say(func() error { return l.Lease.Done(ctx) })
}
func (l *lineLease) Retry(ctx context.Context, cause error) error {
	return l.say(func() error { return l.Lease.Retry(ctx, cause) })
}

func (l *lineLease) say(do func() error) error {
	if l.line.state() != nil {
		return errCut
	}
	return do()
}
