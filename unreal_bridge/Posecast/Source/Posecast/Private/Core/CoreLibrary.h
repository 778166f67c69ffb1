// The functions of the client core, found by name in a library that is loaded at run time.
#pragma once

#include <posecast_core.h>

#include <functional>
#include <string>

namespace posecast::plugin {

// Every function that the plugin calls; MEMBER is what the table calls it.
#define POSECAST_PLUGIN_FUNCTIONS(FUNCTION)                                                        \
  FUNCTION(create)                                                                                 \
  FUNCTION(destroy)                                                                                \
  FUNCTION(push_audio_f32)                                                                         \
  FUNCTION(end_utterance)                                                                          \
  FUNCTION(current_utterance)                                                                      \
  FUNCTION(interrupt)                                                                              \
  FUNCTION(update)                                                                                 \
  FUNCTION(set_audio_position)                                                                     \
  FUNCTION(poll)                                                                                   \
  FUNCTION(sample)                                                                                 \
  FUNCTION(poll_event)                                                                             \
  FUNCTION(state)                                                                                  \
  FUNCTION(get_stats)                                                                              \
  FUNCTION(last_error)                                                                             \
  FUNCTION(curve_count)                                                                            \
  FUNCTION(curve_name)                                                                             \
  FUNCTION(unreal_rotator)

struct CoreFunctions {
#define POSECAST_PLUGIN_MEMBER(NAME) decltype(&posecast_##NAME) NAME = nullptr;
  POSECAST_PLUGIN_FUNCTIONS(POSECAST_PLUGIN_MEMBER)
#undef POSECAST_PLUGIN_MEMBER
};

/// Gives the address of an exported function, or nothing.
using FindFunction = std::function<void*(const char* name)>;

/// Fills the table.
///
/// Returns: what is wrong with the library at `path`, or nothing.
std::string find_functions(const std::string& path, const FindFunction& find,
                           CoreFunctions& functions);

/// Why there is no library at `path`, and what helps.
std::string missing_library_text(const std::string& path);

} // namespace posecast::plugin
