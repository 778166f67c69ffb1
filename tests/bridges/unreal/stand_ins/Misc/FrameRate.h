#pragma once
#include "CoreMinimal.h"
struct FFrameRate {
  FFrameRate(uint32 numerator, uint32 denominator);
};
