// A training step asks the system for memory once: the second step and every later one lives in the arenas of the
// first. Every operator new of this program is counted.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "autodiff/adam.hpp"
#include "tests/support/cgvae_case.hpp"
#include "tests/support/genzprot_case.hpp"

namespace {
std::atomic<long> g_allocations{0};

void* counted(std::size_t bytes, std::size_t alignment) {
  ++g_allocations;
  const std::size_t size = (bytes + alignment - 1) / alignment * alignment;
  return std::aligned_alloc(alignment, size ? size : alignment);
}
void* or_throw(void* p) {
  if (!p) throw std::bad_alloc();
  return p;
}
}  // namespace

// NOLINTBEGIN: the whole set, so that what is allocated by one is freed by its own kind; out of line, since inlined
// halves look mismatched to the compiler
[[gnu::noinline]] void* operator new(std::size_t n) { return or_throw(counted(n, alignof(std::max_align_t))); }
[[gnu::noinline]] void* operator new[](std::size_t n) { return or_throw(counted(n, alignof(std::max_align_t))); }
[[gnu::noinline]] void* operator new(std::size_t n, std::align_val_t a) { return or_throw(counted(n, static_cast<std::size_t>(a))); }
[[gnu::noinline]] void* operator new[](std::size_t n, std::align_val_t a) { return or_throw(counted(n, static_cast<std::size_t>(a))); }
[[gnu::noinline]] void* operator new(std::size_t n, const std::nothrow_t&) noexcept { return counted(n, alignof(std::max_align_t)); }
[[gnu::noinline]] void* operator new(std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return counted(n, static_cast<std::size_t>(a));
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
// NOLINTEND

namespace regrain::test {
namespace {

// allocations of the third and of the fourth step
template <class Model, class Loss>
std::pair<long, long> later_steps(Context& context, Model& model, Loss loss) {
  Adam<float> adam(model.parameters(), AdamSettings{.clip_norm = 1});
  long seen[4] = {};
  for (long& count : seen) {
    const long before = g_allocations;
    model.parameters().zero_grads(context);
    Tape<float> tape(context);
    tape.backward(loss(tape));
    adam.step(context, model.parameters(), 1e-6);
    count = g_allocations - before;
  }
  return {seen[2], seen[3]};
}

const std::string kGolden = std::string(REGRAIN_SOURCE_DIR) + "/tests/golden/";

TEST(Allocations, NoneInALaterStepOfCgvae) {
  CgvaeCase<float> c(kGolden + "cgvae/caseA_ca60_b2");
  for (bool everything : {true, false}) {
    models::CgvaeConfig config = c.config;
    config.dead_branches = everything;
    models::Cgvae<float> model(config, c.system.n_beads);
    model.initialize(1);
    const auto counts = later_steps(c.context, model, [&](Tape<float>& tape) {
      return model.loss(tape, c.beads, c.atoms, c.eps[0].ref(), c.weights, true).total;
    });
    EXPECT_EQ(counts.first, 0);
    EXPECT_EQ(counts.second, 0);
  }
}

TEST(Allocations, NoneInALaterStepOfGenzprot) {
  GenzprotCase<float> c(kGolden + "genzprot/F_trpcage_init");
  const auto counts = later_steps(c.context, *c.model, [&](Tape<float>& tape) {
    return c.model->loss(tape, c.trace, c.atoms, c.eps.ref(), c.weights).total;
  });
  EXPECT_EQ(counts.first, 0);
  EXPECT_EQ(counts.second, 0);
}

}  // namespace
}  // namespace regrain::test
