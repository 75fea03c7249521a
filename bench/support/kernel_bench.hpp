// How one kernel is timed. On the CPU warm, since a step finds most of its arrays in a cache; on a device by
// its own clock, with a cold L2 cache unless one asks otherwise.
//
// A file of bench/kernels adds its kernels while the program starts; register_kernels makes benchmarks of
// them once the command line has said where they run.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "bench/support/counters.hpp"
#include "bench/support/random_arrays.hpp"
#include "bench/support/target.hpp"

namespace regrain::bench {

constexpr double kFloat = sizeof(float), kInt = sizeof(int);

// What a call computes and moves at least: multiply-adds count as two, a root, a division or a function of
// one number as one; every array moves once, and once more if it is added to.
struct Work {
  double flops, bytes;
  // Where rows are read once for every edge: bytes that pass the second cache, of which `bytes` come from
  // memory.
  double gathered = 0;
};

// A kernel with its arrays.
template <class F>
struct KernelCase {
  Work work;
  F call;  // call(be)
};
template <class F>
KernelCase(Work, F) -> KernelCase<F>;

struct Kernel {
  struct Run {
    Work work;
    std::function<void(Context&)> call;
  };
  std::string name;
  std::function<Run(const Place&)> make;
  bool host_alone = false;
};
// of this program, in the order of the files
std::vector<Kernel>& kernels_of_program();

// make(on) is a KernelCase whose arrays went through `on`, a Place; its call takes the tag of either backend.
template <class Make>
void add_kernel(const std::string& name, Make make) {
  kernels_of_program().push_back({name, [make](const Place& on) {
                                    // device memory can't be copied with a closure
                                    auto kernel = std::make_shared<decltype(make(on))>(make(on));
                                    return Kernel::Run{kernel->work, [kernel](Context& context) {
                                                         context.visit([&](auto be) { kernel->call(be); });
                                                       }};
                                  }});
}
// The same where the call takes the tag of the CPU alone.
template <class Make>
void add_host_kernel(const std::string& name, Make make) {
  kernels_of_program().push_back(
      {name,
       [make](const Place& on) {
         auto kernel = std::make_shared<decltype(make(on))>(make(on));
         return Kernel::Run{kernel->work, [kernel](Context& context) { kernel->call(context.host()); }};
       },
       true});
}

void register_kernels(const Target& target);

}  // namespace regrain::bench
