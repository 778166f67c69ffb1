// The structs of the C interface as values of the core, checked.
#pragma once

#include "options.h"

#include <posecast_core.h>

namespace posecast::core {

/// What is wrong with the options, or nothing.
std::string read_options(const posecast_options& given, Options& options);

/// What is wrong with the settings, or nothing.
std::string read_settings(const posecast_settings& given, Settings& settings);

} // namespace posecast::core
