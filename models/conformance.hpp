// Reproduce the published codes with their defects, or mend them. ARCHITECTURE.md lists what
// `corrected` changes, item by item.
#pragma once

namespace regrain::models {

enum class Conformance { reference, corrected };

}  // namespace regrain::models
