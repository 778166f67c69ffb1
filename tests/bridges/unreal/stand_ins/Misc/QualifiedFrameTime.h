#pragma once
#include "Misc/FrameRate.h"
struct FFrameNumber {
  explicit FFrameNumber(int32 value);
};
struct FFrameTime {
  FFrameTime(FFrameNumber frame, float sub_frame);
};
struct FQualifiedFrameTime {
  FQualifiedFrameTime();
  FQualifiedFrameTime(const FFrameTime& time, const FFrameRate& rate);
};
