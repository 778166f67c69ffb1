#include "PosecastSettings.h"

FName UPosecastSettings::GetCategoryName() const {
  return FName(TEXT("Plugins"));
}
