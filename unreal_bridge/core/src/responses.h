// What arrives, checked: nothing from the wire is believed.
#pragma once

#include "face.h"

#include <string>

#include <posecast/v1/face_animation_service.pb.h>

namespace posecast::core {

/// What is wrong with a header, or nothing.
std::string fault_of(const v1::AnimationHeader& header, std::uint32_t frame_rate_hz);

/// The face of a frame: weights held in 0..1, the head of unit length. False if it is malformed.
bool read_face(const v1::FaceFrame& message, std::size_t num_curves, Face& face);

} // namespace posecast::core
