#include "PosecastSpeech.h"

#include "PosecastSoundWave.h"
#include "Sound/SoundWave.h"

#if WITH_EDITOR
void UPosecastSpeech::PostEditChangeProperty(FPropertyChangedEvent& PropertyChangedEvent) {
  Super::PostEditChangeProperty(PropertyChangedEvent);
  Pcm.Reset();
  SampleRate = NumChannels = 0;
  if (Sound != nullptr) {
    ReadPosecastSamples(*Sound, Pcm, SampleRate, NumChannels);
  }
}
#endif
