#include "models/allatom/packing.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/errors.hpp"
#include "kernels/neighbors.hpp"
#include "kernels/parallel.hpp"
#include "models/allatom/packing_checks.hpp"
#include "models/allatom/packing_steps.hpp"

namespace regrain::models::allatom {

namespace {

using kernels::kAtCa;
using kernels::kBackboneSlots;
using kernels::kTurns;

constexpr double kLinked = 4.5;  // Angstrom between two CA
constexpr int kTogether = 512;  // residues whose energies are held at a time, or one set

template <class T>
void check_finite(const char* what, const T* row, int size, int residue) {
  for (int i = 0; i < size; ++i)
    if (!std::isfinite(row[i]))
      fail(ErrorKind::numbers, "packing: ", what, " of residue ", residue, " (from 0) is not finite");
}

template <class T>
void check(const PackingInput<T>& in, const PackingOutput<T>& out) {
  const int n = in.type_R.dim(0), n_sets = static_cast<int>(in.first_of_set.size()) - 1;
  kernels::check_sets(in.first_of_set, n);
  const auto is = [n](const auto& view, int a, int b) {
    return view.dim(0) == n && view.dim(1) == a && (b < 0 || view.dim(2) == b);
  };
  REGRAIN_CHECK(is(in.backbone_R43, 4, 3) && in.chi_RS4.dim(0) == n && in.chi_RS4.dim(1) >= 1 && in.chi_RS4.dim(2) == kChi,
                "packing: backbones of ", in.backbone_R43.dim(0), " residues and ", in.chi_RS4.dim(1), " draws of chi of ",
                in.chi_RS4.dim(0), " for ", n, " residues");
  REGRAIN_CHECK(!in.logp_RS.data() || (in.logp_RS.dim(0) == n && in.logp_RS.dim(1) == in.chi_RS4.dim(1)),
                "packing: log-probabilities of ", in.logp_RS.dim(1), " draws of ", in.logp_RS.dim(0), " residues for ",
                in.chi_RS4.dim(1), " of ", n);
  REGRAIN_CHECK((!in.linked_R.data() || in.linked_R.dim(0) == n) && (!in.given_R.data() || in.given_R.dim(0) == n),
                "packing: links of ", in.linked_R.dim(0), " and marks of ", in.given_R.dim(0), " residues for ", n);
  REGRAIN_CHECK(!in.given_R.data() || (in.given_R14_3.dim(0) == n && in.given_R14_3.dim(1) == kResidueSlots),
                "packing: given atoms of ", in.given_R14_3.dim(0), " residues for ", n);
  for (const auto* numbers : {&in.frame, &in.sample})
    REGRAIN_CHECK(numbers->empty() || static_cast<int>(numbers->size()) == n_sets, "packing: numbers of ",
                  numbers->size(), " frames or samples for ", n_sets, " sets");
  REGRAIN_CHECK(out.chi_R4.dim(0) == n && out.backbone_R43.dim(0) == n && out.atoms_R14_3.dim(0) == n,
                "packing: room for ", out.chi_R4.dim(0), ", ", out.backbone_R43.dim(0), " and ", out.atoms_R14_3.dim(0),
                " residues, expected ", n);
  for (int r = 0; r < n; ++r) {
    const int type = in.type_R(r);
    REGRAIN_CHECK(type >= 0 && type < kTypes, "packing: residue ", r, " is of type ", type, ", there are ", kTypes);
    if (in.given_R.data() && in.given_R(r) == kGivenWhole) {
      check_finite("a given atom", in.given_R14_3.row(r), 3 * residue_templates()[static_cast<std::size_t>(type)].n_slots, r);
      continue;
    }
    check_finite("the backbone", in.backbone_R43.row(r), 12, r);
    for (int s = 0; s < in.chi_RS4.dim(1); ++s)
      check_finite("a chi angle", &in.chi_RS4(r, s, 0), residue_templates()[static_cast<std::size_t>(type)].n_chi, r);
  }
}

// Residues [first, last) of the input, whole sets.
template <class T>
class Group {
 public:
  Group(Cpu be, const PackingInput<T>& in, const PackingSettings& settings, const PackingOutput<T>& out, int first_set,
        int last_set)
      : be_(be), in_(in), settings_(settings), out_(out), first_set_(first_set), first_(in.first_of_set[at(first_set)]),
        n_(in.first_of_set[at(last_set)] - first_), n_sets_(last_set - first_set), arena_(*be.scratch) {
    first_of_set_ = arena_.template allocate_array<int>(at(n_sets_) + 1);
    for (int g = 0; g <= n_sets_; ++g) first_of_set_[g] = in.first_of_set[at(first_set + g)] - first_;
    moves_ = arena_.template allocate_array<char>(at(n_));
    has_draws_ = arena_.template allocate_array<char>(at(n_));
    linked_ = arena_.template allocate_array<char>(at(n_));
    backbone_ = arena_.template allocate_array<T>(at(n_) * 12);
    atoms_ = arena_.template allocate_array<T>(at(n_) * 42);
    pick_ = arena_.template allocate_array<int>(at(n_));
    for (int r = 0; r < n_; ++r) {
      const char what = in.given_R.data() ? in.given_R(first_ + r) : char{kNotGiven};
      const bool given = what == kGivenWhole;
      moves_[r] = given ? kernels::kStands : what == kGivenBackbone ? kernels::kSideChainMoves : kernels::kMoves;
      has_draws_[r] = !given && tables_.n_chi[type()[r]] > 0;
      std::copy_n(given ? in.given_R14_3.row(first_ + r) : in.backbone_R43.row(first_ + r), 12, backbone_ + 12 * r);
      if (given) std::copy_n(in.given_R14_3.row(first_ + r), 42, atoms_ + 42 * r);
    }
    for (int g = 0; g < n_sets_; ++g)
      for (int r = first_of_set_[g]; r < first_of_set_[g + 1]; ++r)
        linked_[r] = r + 1 < first_of_set_[g + 1] && (in.linked_R.data() ? in.linked_R(first_ + r) : close(r));
    // ALA and GLY: atoms that stand still while draws are picked
    Tensor<T> no_chi({n_, kChi}), all({n_, kResidueSlots, 3});
    kernels::place_residues<T>(be, tables_, types(), View<const T, 3>(backbone_, {n_, 4, 3}), no_chi, all);
    for (int r = 0; r < n_; ++r)
      if (moves_[r]) std::copy_n(all.data() + 42 * r, 42, atoms_ + 42 * r);
  }

  void run() {
    const kernels::Graph near = near_residues();
    Arena::Scope scope(arena_);
    View<const T, 2> logp;
    if (in_.logp_RS.data()) logp = View<const T, 2>(in_.logp_RS.row(first_), {n_, in_.chi_RS4.dim(1)});
    const Choices<T> choices = choices_of<T>(be_, tables_, types(), {has_draws_, {n_}}, in_, kernels::GroupTakes{settings_.sample, seed(), sets()}, first_, logp);
    pick(near, choices);
    const View<T, 2> turns_R5(arena_.template allocate_array<T>(at(n_) * kTurns), {n_, kTurns});
    kernels::take_draws<T>(be_, tables_, types(), {moves_, {n_}}, choices.chi_RS4, {pick_, {n_}}, turns_R5);
    const kernels::RelaxedView<T> relaxed{tables_, n_, type(), moves_, linked_, backbone_, atoms_};
    if (settings_.relax) kernels::relax<T>(be_, relaxed, near, settings_.relaxation, sets(), turns_R5);
    write(relaxed, turns_R5);
  }

 private:
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
  const int* type() const { return in_.type_R.data() + first_; }
  View<const int, 1> types() const { return {type(), {n_}}; }
  View<const int, 1> sets() const { return {first_of_set_, {n_sets_ + 1}}; }
  kernels::PackingSeed seed() const {
    return {settings_.seed, in_.frame.empty() ? nullptr : in_.frame.data() + first_set_, in_.sample.empty() ? nullptr : in_.sample.data() + first_set_};
  }
  const T* ca(int r) const { return backbone_ + r * 12 + kAtCa * 3; }
  bool close(int r) const {
    return std::hypot(ca(r + 1)[0] - ca(r)[0], ca(r + 1)[1] - ca(r)[1], ca(r + 1)[2] - ca(r)[2]) < T(kLinked);
  }

  kernels::Graph near_residues() const {
    Tensor<T> trace({n_, 3});
    for (int r = 0; r < n_; ++r) std::copy_n(ca(r), 3, trace.data() + 3 * r);
    const std::vector<int> first_of_set(first_of_set_, first_of_set_ + n_sets_ + 1);
    check_density<T>(View<const T, 2>(trace), first_of_set);
    kernels::Graph near = kernels::neighbor_graph<T>(be_, View<const T, 2>(trace), near_cutoff<T>(tables_, types(), settings_), first_of_set,
                                                     kernels::GraphOrders::receivers);
    kernels::keep_in_reach<T>(tables_, types(), trace, kernels::relaxation::list_cutoff<T>(settings_.relaxation, true), near);
    return near;
  }

  void pick(kernels::GraphView near, const Choices<T>& choices) {
    std::fill_n(pick_, n_, 0);
    const int stride = kernels::draws_stride(choices.chi_RS4.dim(1));
    if (choices.chi_RS4.dim(1) == 1 || n_ == 0) return;
    Arena::Scope scope(arena_);
    const auto rows = [&](std::size_t size) { return arena_.template allocate_array<T>(size); };
    const View<T, 4> draws(rows(at(n_) * kernels::kMovingSlots * 3 * at(stride)), {n_, kernels::kMovingSlots, 3, stride});
    const View<T, 3> boxes(rows(at(n_) * kernels::kMovingSlots * 6), {n_, kernels::kMovingSlots, 6});
    kernels::lay_out_draws<T>(be_, tables_, types(), {has_draws_, {n_}}, View<const T, 3>(backbone_, {n_, 4, 3}), choices.chi_RS4,
                              choices.count_R, View<T, 3>(atoms_, {n_, kResidueSlots, 3}), draws, boxes);
    const kernels::DrawsView<T> residues{tables_,    n_,      stride, kernels::draws_pitch(), type(),      choices.count_R.data(),
                                         has_draws_, linked_, atoms_, draws.data(),           boxes.data()};
    const kernels::PackingPairs pairs = kernels::packing_pairs<T>(be_, residues, near, arena_);
    const View<T, 2> self(rows(at(n_) * at(stride)), {n_, stride});
    const View<T, 1> pair(rows(at(pairs.n_energies)), {pairs.n_energies});
    kernels::self_energies<T>(be_, residues, near, settings_.weights, self);
    const View<char, 1> used(arena_.template allocate_array<char>(at(pairs.n_energies / residues.pitch)), {pairs.n_energies / residues.pitch});
    kernels::pair_energies<T>(be_, residues, pairs, settings_.weights, pair, used);
    const kernels::PackingEnergies<T> energies{self, pair, {}, used};
    pick_draws<T>(be_, residues, pairs, energies, choices, settings_, seed(), sets(), {pick_, {n_}});
  }

  void write(const kernels::RelaxedView<T>& relaxed, View<const T, 2> turns_R5) {
    const View<T, 3> atoms(out_.atoms_R14_3.row(first_), {n_, kResidueSlots, 3});
    kernels::place_turned<T>(be_, relaxed, turns_R5, atoms);
    // given residues have chi of their own; no atom of theirs is beyond the type's slots
    Tensor<T> chi({n_, kChi});
    Tensor<char> valid({n_, kChi});
    kernels::chi_angles<T>(be_, tables_, types(), atoms, chi, valid);
    for (int r = 0; r < n_; ++r) {
      T* x = atoms.row(r);
      std::fill(x + 3 * tables_.n_slots[type()[r]], x + 42, T(0));
      std::copy_n(x, 12, out_.backbone_R43.row(first_ + r));
      for (int k = 0; k < kChi; ++k) {
        T& to = out_.chi_R4(first_ + r, k);
        to = T(0);
        if (k >= tables_.n_chi[type()[r]]) continue;
        to = moves_[r] ? std::remainder(turns_R5(r, k), static_cast<T>(2 * std::numbers::pi)) : chi[at(r * kChi + k)];
      }
    }
  }

  Cpu be_;
  const PackingInput<T>& in_;
  const PackingSettings& settings_;
  const PackingOutput<T>& out_;
  int first_set_, first_, n_, n_sets_;
  Arena& arena_;
  SideChainTables<T> tables_ = side_chain_tables<T>();
  int *first_of_set_, *pick_;
  char *moves_, *has_draws_, *linked_;
  T *backbone_, *atoms_;
};

}  // namespace

template <class T>
void pack(Cpu be, const PackingInput<T>& input, const PackingSettings& settings, const PackingOutput<T>& output) {
  check_settings(settings);
  check(input, output);
  check_bins(input);
  const int n_sets = static_cast<int>(input.first_of_set.size()) - 1;
  for (int first = 0; first < n_sets;) {
    int last = first + 1;
    while (last < n_sets && input.first_of_set[static_cast<std::size_t>(last + 1)] -
                                    input.first_of_set[static_cast<std::size_t>(first)] <= kTogether)
      ++last;
    Arena::Scope scope(*be.scratch);
    Group<T>(be, input, settings, output, first, last).run();
    first = last;
  }
}

template void pack<float>(Cpu, const PackingInput<float>&, const PackingSettings&, const PackingOutput<float>&);
template void pack<double>(Cpu, const PackingInput<double>&, const PackingSettings&, const PackingOutput<double>&);

}  // namespace regrain::models::allatom
