// Where the published code keeps the columns of its readouts.
//
// It stores vector features as [channel][xyz], we as [xyz][channel], so the first matrices of the three
// readouts have their columns in another order. Everything else is the same, name by name.
#pragma once

#include <string>
#include <vector>

namespace regrain::models {

// Column of the published row of features of a level that stands in each of our columns.
std::vector<int> reference_columns(int level);

// The same for a parameter of the reference network: empty if its columns are in order.
std::vector<int> reference_columns(const std::string& parameter);

}  // namespace regrain::models
