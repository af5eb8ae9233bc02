// The parts of the fake driver; driver.cc says what it is.
#pragma once

#include <functional>
#include <string>
#include <vector>

struct Place;

// run_grid runs a kernel's body for every thread of a grid. It returns what went
// wrong, or nullptr.
const char *run_grid(const std::function<void()> &body, Place grid, Place block);

// Kernel is a kernel compiled for the host.
struct Kernel {
	const char *name;
	std::vector<char> types; // of the parameters: p(ointer), i(nt), l(ong), f(loat), d(ouble)
	std::function<void(void **)> call;
	int target; // of the module it is in, 70, 80 or 90
};

const std::vector<Kernel> &kernels();
