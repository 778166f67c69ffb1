#pragma once
#include "Components/SceneComponent.h"
class USoundAttenuation;
class USoundBase;
class UAudioComponent : public USceneComponent {
public:
  TObjectPtr<USoundAttenuation> AttenuationSettings;
  void SetSound(USoundBase* sound);
  void Play(float start_time = 0);
};
