#include "autodiff/dense.hpp"

#include "kernels/gemm.hpp"
#include "kernels/reduce.hpp"
#include "kernels/segment.hpp"

namespace regrain {

using kernels::Trans;
using kernels::Write;

namespace {

// All rows of a weight of `rows` as one block.
RowBlocks whole(int rows) { return {rows, 1, {0}}; }

// f(first column of y, first row of the weight, their number) for blocks that stand side by side in both
template <class F>
void for_runs(const RowBlocks& blocks, F f) {
  for (int u = 0; u < blocks.n;) {
    int end = u + 1;
    while (end < blocks.n && blocks.block[static_cast<std::size_t>(end)] == blocks.block[static_cast<std::size_t>(end - 1)] + 1) ++end;
    f(u * blocks.rows, blocks.block[static_cast<std::size_t>(u)] * blocks.rows, (end - u) * blocks.rows);
    u = end;
  }
}

// bias_O is null for a map without one
template <class T>
Var<T> linear_map(Tape<T>& tape, Var<T> x_NI, Var<T> weight_OI, const Var<T>* bias_O, const RowBlocks& blocks) {
  REGRAIN_CHECK(x_NI.dim(1) == weight_OI.dim(1), "linear: x is ", x_NI.shape().text(), ", weight ",
                weight_OI.shape().text());
  REGRAIN_CHECK(!bias_O || bias_O->dim(0) == weight_OI.dim(0), "linear: weight ", weight_OI.shape().text());
  for_runs(blocks, [&](int, int row, int count) {
    REGRAIN_CHECK(row >= 0 && row + count <= weight_OI.dim(0), "linear: rows ", row, " to ", row + count, " of a weight of ",
                  weight_OI.shape().text());
  });
  const Var<T> b = bias_O ? *bias_O : weight_OI;
  const bool has_bias = bias_O;
  Var<T> y_NO = tape.result({x_NI.dim(0), blocks.n * blocks.rows}, {x_NI, weight_OI, b});
  tape.forward([&](auto be) {
    for_runs(blocks, [&](int column, int row, int count) {
      kernels::gemm<T>(be, Trans::no, Trans::yes, x_NI.value().template view<2>(),
                       kernels::rows_of(weight_OI.value().template view<2>(), row, count),
                       kernels::columns_of(y_NO.mutable_value().template view<2>(), column, count), Write::overwrite,
                       has_bias ? b.value().data() + row : nullptr);
    });
  });
  // dx = dy W, dW = dy^T x, db = column sums of dy
  tape.on_backward({y_NO}, [=](auto be) {
    const View<const T, 2> x = x_NI.value(), dy = y_NO.grad();
    for_runs(blocks, [&](int column, int row, int count) {
      const auto dy_run = kernels::columns_of(dy, column, count);
      if (x_NI.requires_grad())
        kernels::gemm<T>(be, Trans::no, Trans::no, dy_run, kernels::rows_of(weight_OI.value().template view<2>(), row, count),
                         x_NI.grad().template view<2>(), Write::accumulate);
      if (weight_OI.requires_grad())
        kernels::gemm<T>(be, Trans::yes, Trans::no, dy_run, x, kernels::rows_of(weight_OI.grad().template view<2>(), row, count),
                         Write::accumulate);
      if (has_bias && b.requires_grad())
        kernels::add_column_sums<T>(be, dy, column, View<T, 1>(b.grad().data() + row, {count}));
    });
  });
  return y_NO;
}

}  // namespace

template <class T>
Var<T> linear(Tape<T>& tape, Var<T> x_NI, Var<T> weight_OI, Var<T> bias_O) {
  return linear_map(tape, x_NI, weight_OI, &bias_O, whole(weight_OI.dim(0)));
}

template <class T>
Var<T> linear(Tape<T>& tape, Var<T> x_NI, Var<T> weight_OI) {
  return linear_map<T>(tape, x_NI, weight_OI, nullptr, whole(weight_OI.dim(0)));
}

template <class T>
Var<T> linear(Tape<T>& tape, Var<T> x_NI, Var<T> weight_OI, Var<T> bias_O, const RowBlocks& blocks) {
  return linear_map(tape, x_NI, weight_OI, &bias_O, blocks);
}

template <class T>
Var<T> activate(Tape<T>& tape, Activation kind, Var<T> x) {
  Var<T> y = tape.result(x.shape(), {x});
  tape.forward([&](auto be) { kernels::activation<T>(be, kind, x.value().flat(), y.mutable_value().flat()); });
  // dx = act'(x) dy
  tape.on_backward({y}, [=](auto be) {
    kernels::activation_backward<T>(be, kind, x.value().flat(), y.grad().flat(), x.grad().flat());
  });
  return y;
}

template <class T>
Var<T> embed(Tape<T>& tape, Var<T> table_VF, View<const int, 1> index_N, int frozen) {
  Var<T> y_NF = tape.result({index_N.dim(0), table_VF.dim(1)}, {table_VF});
  tape.forward([&](auto be) { kernels::gather_rows<T>(be, table_VF.value(), index_N, y_NF.mutable_value()); });
  // dtable(index(i)) += dy(i)
  tape.on_backward({y_NF}, [=](auto be) {
    kernels::gather_rows_backward<T>(be, y_NF.grad(), index_N, frozen, table_VF.grad());
  });
  return y_NF;
}

#define REGRAIN_INSTANTIATE(T)                                              \
  template Var<T> linear<T>(Tape<T>&, Var<T>, Var<T>, Var<T>);              \
  template Var<T> linear<T>(Tape<T>&, Var<T>, Var<T>);                      \
  template Var<T> linear<T>(Tape<T>&, Var<T>, Var<T>, Var<T>, const RowBlocks&); \
  template Var<T> activate<T>(Tape<T>&, Activation, Var<T>);                \
  template Var<T> embed<T>(Tape<T>&, Var<T>, View<const int, 1>, int);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain
