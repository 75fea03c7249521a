#include "tests/simt/fiber.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <new>

// Keeps the registers a called function must not change and the stack pointer, takes another stack pointer.
extern "C" void regrain_simt_switch(void** keep, void* take);
asm(R"(
.text
.globl regrain_simt_switch
.type regrain_simt_switch,@function
regrain_simt_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size regrain_simt_switch,.-regrain_simt_switch
)");

namespace regrain::simt {

Fiber::Fiber() {
  void* p = mmap(nullptr, kGuardBytes + kStackBytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (p == MAP_FAILED) throw std::bad_alloc();
  memory_ = static_cast<std::byte*>(p);
  mprotect(memory_, kGuardBytes, PROT_NONE);
}

Fiber::~Fiber() { munmap(memory_, kGuardBytes + kStackBytes); }

void Fiber::start(void (*entry)()) {
  // as if `entry` had been called by nobody and had switched at once: return address 0, entry, six registers
  auto* top = reinterpret_cast<void**>(memory_ + kGuardBytes + kStackBytes);
  *--top = nullptr;
  *--top = reinterpret_cast<void*>(entry);
  for (int i = 0; i < 6; ++i) *--top = nullptr;
  inside_ = top;
}

void Fiber::resume() { regrain_simt_switch(&outside_, inside_); }
void Fiber::leave() { regrain_simt_switch(&inside_, outside_); }

bool Fiber::overflowed_at(const void* address) const {
  const auto* p = static_cast<const std::byte*>(address);
  return p >= memory_ && p < memory_ + kGuardBytes;
}

}  // namespace regrain::simt
