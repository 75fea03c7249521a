// Losses on Cartesian coordinates: squared displacements, edge lengths, and pairs that come too close.
//
// Pairs are a symmetric graph (both_directions of every pair), so in the backward pass each atom
// collects from its own row: one writer, no atomics. Values are accumulated in double. The mean over
// no pairs, or no atoms, is 0. Losses and their gradients are pointers into the backend's memory.
#pragma once

#include "engine/backend.hpp"
#include "engine/view.hpp"
#include "kernels/graph.hpp"

namespace regrain::kernels {

// *loss = mean over atoms of |x - t|^2
template <class T>
void mean_squared_displacement(Cpu, View<const T, 2> xyz_A3, View<const T, 2> target_A3, T* loss);
template <class T>
void mean_squared_displacement(Cuda, View<const T, 2> xyz_A3, View<const T, 2> target_A3, T* loss);
// dxyz += *dloss 2 (x - t) / n_atoms
template <class T>
void mean_squared_displacement_backward(Cpu, View<const T, 2> xyz_A3, View<const T, 2> target_A3, const T* dloss,
                                        View<T, 2> dxyz_A3);
template <class T>
void mean_squared_displacement_backward(Cuda, View<const T, 2> xyz_A3, View<const T, 2> target_A3, const T* dloss,
                                        View<T, 2> dxyz_A3);

// *loss = mean over pairs of (d - d_target)^2 with d = sqrt(|x_i - x_j|^2 + eps)
template <class T>
void edge_length_loss(Cpu, GraphView pairs, View<const T, 2> xyz_A3, View<const T, 2> target_A3, T eps, T* loss);
template <class T>
void edge_length_loss(Cuda, GraphView pairs, View<const T, 2> xyz_A3, View<const T, 2> target_A3, T eps, T* loss);
template <class T>
void edge_length_loss_backward(Cpu, GraphView pairs, View<const T, 2> xyz_A3, View<const T, 2> target_A3, T eps,
                               const T* dloss, View<T, 2> dxyz_A3);
template <class T>
void edge_length_loss_backward(Cuda, GraphView pairs, View<const T, 2> xyz_A3, View<const T, 2> target_A3, T eps,
                               const T* dloss, View<T, 2> dxyz_A3);

// *loss = mean over pairs of max(nearest - d, 0) with d as above
template <class T>
void clash_loss(Cpu, GraphView pairs, View<const T, 2> xyz_A3, T nearest, T eps, T* loss);
template <class T>
void clash_loss(Cuda, GraphView pairs, View<const T, 2> xyz_A3, T nearest, T eps, T* loss);
template <class T>
void clash_loss_backward(Cpu, GraphView pairs, View<const T, 2> xyz_A3, T nearest, T eps, const T* dloss,
                         View<T, 2> dxyz_A3);
template <class T>
void clash_loss_backward(Cuda, GraphView pairs, View<const T, 2> xyz_A3, T nearest, T eps, const T* dloss,
                         View<T, 2> dxyz_A3);

}  // namespace regrain::kernels
