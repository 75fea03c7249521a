// All pairs of points nearer than a cutoff, in time linear in their number.
//
// Points are sorted by grid cell, so memory is linear whatever the extent: a stray atom a million
// Angstrom away costs nothing.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "driver/metrics/points.hpp"

namespace regrain::metrics {

class PairSearch {
 public:
  // Coordinates must be finite.
  PairSearch(const Points& points, double cutoff) : points_(points), cutoff_(cutoff) {
    if (points.empty()) return;
    low_ = points[0];
    Vec3 high = points[0];
    for (const Vec3& p : points) {
      low_ = {std::min(low_.x, p.x), std::min(low_.y, p.y), std::min(low_.z, p.z)};
      high = {std::max(high.x, p.x), std::max(high.y, p.y), std::max(high.z, p.z)};
    }
    // cells no smaller than the cutoff, and few enough for 20 bits an axis
    const double extent = std::max({high.x - low_.x, high.y - low_.y, high.z - low_.z});
    cell_size_ = std::max(cutoff, extent / (1 << 19));
    sorted_.reserve(points.size());
    for (size_t i = 0; i < points.size(); ++i)
      sorted_.push_back({key(axis(points[i].x, low_.x), axis(points[i].y, low_.y), axis(points[i].z, low_.z)),
                         static_cast<int>(i)});
    std::sort(sorted_.begin(), sorted_.end());
  }

  // visit(i, j, squared distance) for each pair with i < j and distance < cutoff
  template <class Visit>
  void for_each(Visit visit) const {
    for (const Entry& entry : sorted_) {
      const Vec3 p = points_[static_cast<size_t>(entry.point)];
      const std::int64_t x = axis(p.x, low_.x), y = axis(p.y, low_.y), z = axis(p.z, low_.z);
      for (std::int64_t dx = -1; dx <= 1; ++dx)
        for (std::int64_t dy = -1; dy <= 1; ++dy) {
          if (x + dx < 0 || y + dy < 0) continue;
          // the three cells along z are neighbours in the sorted list
          auto other = std::lower_bound(sorted_.begin(), sorted_.end(),
                                        Entry{key(x + dx, y + dy, std::max<std::int64_t>(z - 1, 0)), -1});
          const std::int64_t last = key(x + dx, y + dy, z + 1);
          for (; other != sorted_.end() && other->cell <= last; ++other) {
            if (other->point <= entry.point) continue;
            const double d2 = squared_distance(p, points_[static_cast<size_t>(other->point)]);
            if (d2 < cutoff_ * cutoff_) visit(entry.point, other->point, d2);
          }
        }
    }
  }

 private:
  struct Entry {
    std::int64_t cell;
    int point;
    auto operator<=>(const Entry&) const = default;
  };
  std::int64_t axis(double x, double low) const { return static_cast<std::int64_t>((x - low) / cell_size_); }
  static std::int64_t key(std::int64_t x, std::int64_t y, std::int64_t z) {
    return (x << 42) | (y << 21) | z;
  }

  const Points& points_;
  double cutoff_, cell_size_ = 1;
  Vec3 low_;
  std::vector<Entry> sorted_;
};

}  // namespace regrain::metrics
