# Gemmi as Debian packs it is headers alone, without a CMake package of its own.
# Defines Gemmi::Gemmi.
find_path(Gemmi_INCLUDE_DIR gemmi/pdb.hpp)
find_path(Gemmi_PEGTL_INCLUDE_DIR tao/pegtl.hpp)  # for mmCIF
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  Gemmi
  REQUIRED_VARS Gemmi_INCLUDE_DIR Gemmi_PEGTL_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "install gemmi-dev and tao-pegtl-dev, or set Gemmi_INCLUDE_DIR")
if(Gemmi_FOUND AND NOT TARGET Gemmi::Gemmi)
  add_library(Gemmi::Gemmi INTERFACE IMPORTED)
  set_target_properties(Gemmi::Gemmi PROPERTIES INTERFACE_INCLUDE_DIRECTORIES
                                                "${Gemmi_INCLUDE_DIR};${Gemmi_PEGTL_INCLUDE_DIR}")
endif()
mark_as_advanced(Gemmi_INCLUDE_DIR Gemmi_PEGTL_INCLUDE_DIR)
