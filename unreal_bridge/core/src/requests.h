// The messages that are sent.
#pragma once

#include "options.h"
#include "outbox.h"

#include <posecast/v1/face_animation_service.pb.h>

namespace posecast::core {

void write_settings(const Settings& settings, v1::AnimationSettings& message);

/// The first message of a stream.
void write_config(const Options& options, const Settings& settings, v1::AnimateRequest& request);

void write_audio(std::span<const std::int16_t> values, v1::AnimateRequest& request);

} // namespace posecast::core
