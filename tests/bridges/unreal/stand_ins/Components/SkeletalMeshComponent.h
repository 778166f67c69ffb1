#pragma once
#include "Components/SceneComponent.h"
class USkeletalMeshComponent : public USceneComponent {
public:
  void SetMorphTarget(FName name, float value, bool removes_zero_weight = true);
};
