// Sums, weighted sums and joins of variables.
#pragma once

#include <initializer_list>
#include <vector>

#include "autodiff/tape.hpp"

namespace regrain {

// a constant of one value in all elements
template <class T>
Var<T> filled(Tape<T>& tape, Shape shape, T value);

// x + y, same shape
template <class T>
Var<T> add(Tape<T>& tape, Var<T> x, Var<T> y);

// scale x
template <class T>
Var<T> scale(Tape<T>& tape, T factor, Var<T> x);

// x factor, element by element, where the factor is data that outlives the tape
template <class T>
Var<T> multiply_constant(Tape<T>& tape, Var<T> x, ArrayRef<const T> factor);

// sum of weight * term over scalars: how a loss is put together
template <class T>
struct Weighted {
  T weight;
  Var<T> term;
};
template <class T>
Var<T> weighted_sum(Tape<T>& tape, std::initializer_list<Weighted<T>> terms);

// [x_NF, y_NG] -> (N, F + G)
template <class T>
Var<T> join_columns(Tape<T>& tape, Var<T> x_NF, Var<T> y_NG);

// scalar sum of x(i) weight(i); `weight` must outlive the tape
template <class T>
Var<T> dot_constant(Tape<T>& tape, Var<T> x, ArrayRef<const T> weight);

}  // namespace regrain
