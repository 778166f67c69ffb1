#pragma once

#include "CoreMinimal.h"
#include "Engine/DataAsset.h"

#include "PosecastSpeech.generated.h"

class USoundWave;

/** A sound wave's samples, kept for packaged games, where sound waves hold compressed audio only.
 */
UCLASS(BlueprintType)
class POSECAST_API UPosecastSpeech : public UDataAsset {
  GENERATED_BODY()

public:
#if WITH_EDITORONLY_DATA
  /** Its samples are copied when it is chosen; choose it again when it has been imported anew. */
  UPROPERTY(EditAnywhere, Category = "Posecast")
  TObjectPtr<USoundWave> Sound;
#endif

  UPROPERTY(VisibleAnywhere, BlueprintReadOnly, Category = "Posecast")
  int32 SampleRate = 0;

  UPROPERTY(VisibleAnywhere, BlueprintReadOnly, Category = "Posecast")
  int32 NumChannels = 0;

  /** 16-bit samples, little-endian, channels alternate. */
  UPROPERTY()
  TArray<uint8> Pcm;

#if WITH_EDITOR
  virtual void PostEditChangeProperty(FPropertyChangedEvent& PropertyChangedEvent) override;
#endif
};
