#include "kernels/edge_filter.hpp"

#include <gtest/gtest.h>

#include "engine/context.hpp"
#include "kernels/message.hpp"
#include "kernels/neighbors.hpp"
#include "kernels/radial.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/graphs.hpp"

namespace regrain::test {
namespace {

using namespace kernels;

TEST(RadialBasis, RecurrenceAgreesWithSines) {
  for (double d : {0.05, 1.3, 7.7, 11.9}) {
    double e[21];
    radial_basis(d, 12.0, 20, e);
    EXPECT_NEAR(e[0], (std::cos(M_PI * d / 12) + 1) / 2, 1e-15);
    for (int k = 1; k <= 20; ++k) EXPECT_NEAR(e[k], e[0] * std::sin(k * M_PI * d / 12) / d, 1e-13 * k / d);
  }
  double at[3];
  for (double d : {12.0, 13.0}) {
    radial_basis(d, 12.0, 2, at);
    EXPECT_EQ(at[0], 0);
    EXPECT_EQ(at[2], 0);
  }
}

// two ragged frames, edges inside them
template <class T = double>
FilterGraph<T> two_frames(Context& context, FilterForm form) {
  const std::vector<int> offsets{0, 7, 7, 20};
  std::vector<Edge> edges;
  const Tensor<T> x = random<T>({20, 3}, 3, 4);
  for (std::size_t f = 0; f + 1 < offsets.size(); ++f)
    for (int i = offsets[f]; i < offsets[f + 1]; ++i)
      for (int j = offsets[f]; j < offsets[f + 1]; ++j)
        if (i != j && (i + j) % 5) edges.push_back({i, j});
  return make_filter_graph<T>(context.host(), make_graph(20, 20, edges), x.ref(), x.ref(), T(10), 6, offsets, kPseudoGates, form);
}

// the definition, one edge at a time
Tensor<double> by_definition(const FilterGraph<double>& g, const GateLayout& layout, const Tensor<double>& w,
                             const Tensor<double>& b, const Tensor<double>& x) {
  const int f = x.dim(2);
  Tensor<double> y({g.graph.n_dst, layout.n_out(), f});
  for (int e = 0; e < g.graph.n_edges(); ++e) {
    std::vector<double> basis(static_cast<std::size_t>(g.n_rbf) + 1);
    radial_basis(g.geometry.d_E[e], g.cutoff, g.n_rbf, basis.data());
    for (int gate = 0; gate < layout.n_gates; ++gate)
      for (int c = 0; c < f; ++c) {
        const int row = gate * f + c;
        double filter = basis[0] * b[row];
        for (int k = 0; k < g.n_rbf; ++k) filter += basis[k + 1] * w[row * g.n_rbf + k];
        const Gate kind = layout.kind[gate];
        for (int r = 0; r < GateLayout::rows_out(kind); ++r) {
          const int in = layout.first_in(gate) + (kind == Gate::vector ? r : 0), out = layout.first_out(gate) + r;
          const double factor = kind == Gate::direction ? g.geometry.unit_E3[3 * e + r] : 1;
          y[(g.graph.dst[e] * layout.n_out() + out) * f + c] +=
              filter * factor * x[(g.graph.src[e] * layout.n_in() + in) * f + c];
        }
      }
  }
  return y;
}

TEST(EdgeFilter, DenseAndSparseAreTheDefinition) {
  Context context(2);
  const auto sparse = two_frames(context, FilterForm::sparse), dense = two_frames(context, FilterForm::dense);
  ASSERT_EQ(dense.form, FilterForm::dense);
  for (const GateLayout& layout : {kScalarGate, kEquivariantGates, kPseudoGates}) {
    const int f = 70, rows = layout.n_gates * f;
    const Tensor<double> w = random({rows, 6}, 1), b = random({rows}, 2), x = random({20, layout.n_in(), f}, 3),
                         dy = random({20, layout.n_out(), f}, 4);
    const Tensor<double> expected = by_definition(sparse, layout, w, b, x);
    Tensor<double> y[2], dx[2], dw[2], db[2];
    for (int form = 0; form < 2; ++form) {
      const auto& g = form ? dense : sparse;
      y[form] = Tensor<double>(expected.shape());
      dx[form] = Tensor<double>(x.shape());
      dw[form] = Tensor<double>(w.shape());
      db[form] = Tensor<double>(b.shape());
      {
        const Cpu be = context.host();
        edge_filter<double>(be, g, layout, w, b, x, y[form]);
        edge_filter_backward<double>(be, g, layout, w, b, x, dy, dx[form], dw[form], db[form]);
      }
      EXPECT_LE(relative_error(y[form], expected), 1e-13);
    }
    EXPECT_LE(relative_error(y[0], y[1]), 1e-12);
    EXPECT_LE(relative_error(dx[0], dx[1]), 1e-12);
    EXPECT_LE(relative_error(dw[0], dw[1]), 1e-12);
    EXPECT_LE(relative_error(db[0], db[1]), 1e-12);
  }
}

// what comes out and all gradients, for f channels
template <class T>
std::array<Tensor<T>, 4> results(FilterForm form, const GateLayout& layout, int f) {
  Context context(1);
  const auto g = two_frames<T>(context, form);
  const Tensor<T> w = random<T>({layout.n_gates * f, 6}, 1), b = random<T>({layout.n_gates * f}, 2),
                  x = random<T>({20, layout.n_in(), f}, 3), dy = random<T>({20, layout.n_out(), f}, 4);
  std::array<Tensor<T>, 4> all{Tensor<T>(dy.shape()), Tensor<T>(x.shape()), Tensor<T>(w.shape()), Tensor<T>(b.shape())};
  edge_filter<T>(context.host(), g, layout, w, b, x, all[0]);
  edge_filter_backward<T>(context.host(), g, layout, w, b, x, dy, all[1], all[2], all[3]);
  return all;
}

// Vectors of float have twice the elements: rows that end in whole vectors, in half of one, and in less.
TEST(EdgeFilter, FloatAgreesWithDouble) {
  for (FilterForm form : {FilterForm::sparse, FilterForm::dense})
    for (const GateLayout& layout : {kScalarGate, kEquivariantGates, kPseudoGates})
      for (int f : {1, 8, 24, 40, 61, 72, 77}) {
        const auto single = results<float>(form, layout, f);
        const auto want = results<double>(form, layout, f);
        for (std::size_t r = 0; r < 4; ++r) EXPECT_LE(relative_error(single[r], want[r]), 2e-5) << "result " << r << ", f " << f;
      }
}

TEST(EdgeFilter, SameBitsForOneAndTwoThreads) {
  for (FilterForm form : {FilterForm::sparse, FilterForm::dense}) {
    Tensor<double> y[2], dw[2];
    for (int t = 0; t < 2; ++t) {
      Context context(t + 1);
      const auto g = two_frames(context, form);
      const int f = 90, rows = 9 * f;
      const Tensor<double> w = random({rows, 6}, 1), b = random({rows}, 2), x = random({20, kPseudoGates.n_in(), f}, 3);
      y[t] = Tensor<double>({20, kPseudoGates.n_out(), f});
      dw[t] = Tensor<double>(w.shape());
      Tensor<double> dx(x.shape()), db(b.shape());
      {
        const Cpu be = context.host();
        edge_filter<double>(be, g, kPseudoGates, w, b, x, y[t]);
        edge_filter_backward<double>(be, g, kPseudoGates, w, b, x, View<const double, 3>(y[t]), dx, dw[t], db);
      }
    }
    EXPECT_TRUE(std::equal(y[0].begin(), y[0].end(), y[1].begin()));
    EXPECT_TRUE(std::equal(dw[0].begin(), dw[0].end(), dw[1].begin()));
  }
}

TEST(EdgeFilter, TheCostModelPicksTheFormFrameByFrame) {
  // one gate: matrices from about half of all pairs on; the nine gates make three rows of sums from one filter, so
  // that matrices pay with few radial functions alone
  EXPECT_EQ(cheaper_form(30, 10, 8, kScalarGate), FilterForm::sparse);
  EXPECT_EQ(cheaper_form(60, 10, 8, kScalarGate), FilterForm::dense);
  EXPECT_EQ(cheaper_form(4000, 1000, 8, kScalarGate), FilterForm::sparse);
  EXPECT_EQ(cheaper_form(90, 10, 6, kPseudoGates), FilterForm::sparse);
  EXPECT_EQ(cheaper_form(90, 10, 2, kPseudoGates), FilterForm::dense);

  // a crowded frame beside a sparse one gets the bits it has alone
  Context context(1);
  std::vector<Edge> crowded, both;
  for (int i = 0; i < 8; ++i)
    for (int j = 0; j < 8; ++j)
      if (i != j) crowded.push_back({i, j});
  both = crowded;
  both.push_back({8, 15});
  both.push_back({15, 8});
  const Tensor<double> x = random({16, 3}, 3), features = random({16, kPseudoGates.n_in(), 5}, 4), w = random({45, 2}, 1), b = random({45}, 2);
  {
    const Cpu be = context.host();
    const auto part = [](const Tensor<double>& t, int n) { return View<const double, 2>(t.data(), {n, 3}); };
    const auto alone = make_filter_graph<double>(be, make_graph(8, 8, crowded), part(x, 8), part(x, 8), 9.0, 2, {0, 8}, kPseudoGates);
    const auto mixed = make_filter_graph<double>(be, make_graph(16, 16, both), part(x, 16), part(x, 16), 9.0, 2, {0, 8, 16}, kPseudoGates);
    EXPECT_EQ(alone.form, FilterForm::dense);
    EXPECT_EQ(mixed.form, FilterForm::automatic);
    Tensor<double> y1({8, kPseudoGates.n_out(), 5}), y2({16, kPseudoGates.n_out(), 5});
    edge_filter<double>(be, alone, kPseudoGates, w, b, View<const double, 3>(features.data(), {8, kPseudoGates.n_in(), 5}), y1);
    edge_filter<double>(be, mixed, kPseudoGates, w, b, features, y2);
    EXPECT_TRUE(std::equal(y1.begin(), y1.end(), y2.begin()));
    EXPECT_LE(relative_error(y2, by_definition(mixed, kPseudoGates, w, b, features)), 1e-13);

    Tensor<double> dx(features.shape()), dw(w.shape()), db(b.shape()), dx_sparse(features.shape()), dw_sparse(w.shape()), db_sparse(b.shape());
    const auto sparse = make_filter_graph<double>(be, make_graph(16, 16, both), part(x, 16), part(x, 16), 9.0, 2, {0, 8, 16}, kPseudoGates, FilterForm::sparse);
    edge_filter_backward<double>(be, mixed, kPseudoGates, w, b, features, View<const double, 3>(y2), dx, dw, db);
    edge_filter_backward<double>(be, sparse, kPseudoGates, w, b, features, View<const double, 3>(y2), dx_sparse, dw_sparse, db_sparse);
    EXPECT_LE(relative_error(dx, dx_sparse), 1e-12);
    EXPECT_LE(relative_error(dw, dw_sparse), 1e-12);

    // a graph made for gates without a direction serves no gate that has one
    for (FilterForm form : {FilterForm::automatic, FilterForm::sparse}) {
      const auto plain = make_filter_graph<double>(be, make_graph(8, 8, crowded), part(x, 8), part(x, 8), 9.0, 2,
                                                   {0, 8}, kScalarGate, form);
      EXPECT_EQ(plain.geometry.unit_E3.size(), 0u);
      EXPECT_THROW(edge_filter<double>(be, plain, kPseudoGates, w, b,
                                       View<const double, 3>(features.data(), {8, kPseudoGates.n_in(), 5}), y1),
                   Error);
    }
  }
}

TEST(EdgeFilter, AnEdgeBetweenFramesIsAnError) {
  Context context(1);
  const Tensor<double> x = random({4, 3}, 3);
  {
    const Cpu be = context.host();
    EXPECT_THROW(make_filter_graph<double>(be, make_graph(4, 4, {{0, 3}}), x.ref(), x.ref(), 5.0, 2, {0, 2, 4}, kPseudoGates,
                                           FilterForm::dense),
                 Error);
  }
}

}  // namespace
}  // namespace regrain::test
