#include "CoreLibrary.h"

namespace posecast::plugin {

namespace {

std::string version_fault(const std::string& path, std::uint32_t version) {
  const bool is_old = version < POSECAST_ABI_VERSION;
  return std::string("the client core is too ") + (is_old ? "old" : "new") +
         " for this plugin: interface " + std::to_string(version) + ", expected " +
         std::to_string(POSECAST_ABI_VERSION) + "; take " + (is_old ? "the library" : "a plugin") +
         " of the same release (" + path + ")";
}

} // namespace

std::string find_functions(const std::string& path, const FindFunction& find,
                           CoreFunctions& functions) {
  functions = {};
  const auto abi_version =
      reinterpret_cast<decltype(&posecast_abi_version)>(find("posecast_abi_version"));
  if (abi_version == nullptr)
    return "this library is not Posecast's client core: it has no posecast_abi_version (" + path +
           ")";
  if (abi_version() != POSECAST_ABI_VERSION)
    return version_fault(path, abi_version());
  const char* missing = nullptr;
#define POSECAST_PLUGIN_FIND(NAME)                                                                 \
  functions.NAME = reinterpret_cast<decltype(&posecast_##NAME)>(find("posecast_" #NAME));          \
  if (functions.NAME == nullptr)                                                                   \
    missing = "posecast_" #NAME;
  POSECAST_PLUGIN_FUNCTIONS(POSECAST_PLUGIN_FIND)
#undef POSECAST_PLUGIN_FIND
  if (missing == nullptr)
    return {};
  functions = {};
  return std::string("the client core is too old for this plugin: it has no ") + missing +
         "; take the library of the same release (" + path + ")";
}

std::string missing_library_text(const std::string& path) {
  return "the client core could not be loaded from " + path +
         "; build it (unreal_bridge/core) and package the plugin with it "
         "(unreal_bridge/package_plugin.py), and check that what it needs is installed";
}

} // namespace posecast::plugin
