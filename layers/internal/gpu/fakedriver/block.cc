// Runs one block of threads as fibers.
#include "fake.h"
#include "host.h"

#include <csetjmp>
#include <csignal>
#include <cstring>
#include <memory>
#include <ucontext.h>
#include <vector>

Place fake_thread, fake_threads, fake_block, fake_blocks;

// All SHARED variables of the kernels.
extern char __start_shared_memory[], __stop_shared_memory[];

namespace {

constexpr size_t stack_size = 64 << 10;

// A fiber begins by its context; later switches are jumps, which need no call of the
// system.
struct Fiber {
	ucontext_t context;
	jmp_buf jump;
	std::unique_ptr<char[]> stack{new char[stack_size]};
	Place thread;
	bool begun = false, done;
};

jmp_buf scheduler;
std::vector<std::unique_ptr<Fiber>> fibers; // kept from block to block
Fiber *running;
const std::function<void()> *body;
int next_thread, count, started;

Place place_of(int i) {
	return {i % fake_threads.x, i / fake_threads.x % fake_threads.y, i / fake_threads.x / fake_threads.y};
}

// A fiber runs threads until one waits at a barrier: it is that thread from then on,
// and the others get fibers of their own.
// Behind the last thread it waits for the next block.
void run_threads() {
	for (;;) {
		while (next_thread < count) {
			running->thread = fake_thread = place_of(next_thread++);
			(*body)();
		}
		running->done = true;
		if (_setjmp(running->jump) == 0) _longjmp(scheduler, 1);
	}
}

void resume(Fiber *f) {
	running = f;
	fake_thread = f->thread;
	if (_setjmp(scheduler) != 0) return;
	if (f->begun) _longjmp(f->jump, 1);
	f->begun = true;
	setcontext(&f->context);
}

void start(int i) {
	if (i == (int)fibers.size()) fibers.push_back(std::make_unique<Fiber>());
	Fiber *f = fibers[i].get();
	f->done = false;
	if (!f->begun) {
		getcontext(&f->context);
		f->context.uc_stack = {f->stack.get(), 0, stack_size};
		f->context.uc_link = nullptr;
		makecontext(&f->context, run_threads, 0);
	}
	resume(f);
}

sigjmp_buf fault;
volatile sig_atomic_t guarded;
thread_local bool in_kernel;
struct sigaction before[2];

void on_fault(int signal, siginfo_t *, void *) {
	if (in_kernel && guarded) siglongjmp(fault, 1);
	sigaction(signal, &before[signal == SIGBUS], nullptr); // not ours: it happens again
}

} // namespace

__attribute__((noinline)) void fake_barrier() {
	if (_setjmp(running->jump) == 0) _longjmp(scheduler, 1);
}

// run_block returns what is wrong, or nullptr: threads that ended while others wait
// at a barrier.
static const char *run_block(const std::function<void()> &f) {
	memset(__start_shared_memory, 0xff, __stop_shared_memory - __start_shared_memory);
	body = &f, next_thread = 0, started = 0;
	count = fake_threads.x * fake_threads.y * fake_threads.z;
	while (next_thread < count) start(started++);
	for (;;) {
		int waiting = 0;
		for (int i = 0; i < started; i++) waiting += !fibers[i]->done;
		if (waiting == 0) return nullptr;
		// A fiber that never waited ran threads to their end.
		if (waiting != count) return "a barrier that not all threads reach";
		for (int i = 0; i < started; i++) resume(fibers[i].get());
	}
}

const char *run_grid(const std::function<void()> &f, Place grid, Place block) {
	fake_blocks = grid, fake_threads = block;
	struct sigaction action {};
	action.sa_sigaction = on_fault;
	action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
	sigaction(SIGSEGV, &action, &before[0]);
	sigaction(SIGBUS, &action, &before[1]);
	const char *volatile wrong = nullptr;
	in_kernel = true, guarded = 1;
	if (sigsetjmp(fault, 1)) {
		wrong = "an illegal address";
	} else {
		for (int z = 0; z < grid.z && !wrong; z++)
			for (int y = 0; y < grid.y && !wrong; y++)
				for (int x = 0; x < grid.x && !wrong; x++) {
					fake_block = {x, y, z};
					wrong = run_block(f);
				}
	}
	in_kernel = false, guarded = 0;
	if (wrong) fibers.clear(); // those that never came to their end
	sigaction(SIGSEGV, &before[0], nullptr);
	sigaction(SIGBUS, &before[1], nullptr);
	return wrong;
}
