// The component's speech: what is said, and how it is heard.
#include "Components/AudioComponent.h"
#include "Core/Pcm.h"
#include "Core/WavFile.h"
#include "PosecastComponent.h"
#include "PosecastConversions.h"
#include "PosecastSoundWave.h"
#include "PosecastSpeech.h"
#include "PosecastVoice.h"
#include "Sound/SoundWave.h"
#include "Sound/SoundWaveProcedural.h"

using namespace posecast::plugin;

/** Where there is no stream, speech is heard without a face; false where an event's listener
 * disconnected. */
bool UPosecastComponent::BeginToSay() {
  Open(bPlaysSpeech);
  return Voice.IsValid();
}

bool UPosecastComponent::SpeakSoundWave(USoundWave* Sound) {
  TArray<uint8> Pcm;
  int32 SampleRate = 0;
  int32 NumChannels = 0;
  if (Sound == nullptr || !ReadPosecastSamples(*Sound, Pcm, SampleRate, NumChannels)) {
    return Report(TEXT("there are no samples to speak; a packaged game has them in assets of the "
                       "type Posecast Speech"));
  }
  return Say(Pcm, SampleRate, NumChannels, true);
}

bool UPosecastComponent::Speak(UPosecastSpeech* Speech) {
  if (Speech == nullptr || Speech->Pcm.Num() == 0) {
    return Report(TEXT("the Posecast Speech holds no samples; choose its sound again"));
  }
  return Say(Speech->Pcm, Speech->SampleRate, Speech->NumChannels, true);
}

bool UPosecastComponent::SpeakWav(const TArray<uint8>& Bytes) {
  Wav Read;
  const std::string Fault = read_wav(Bytes.GetData(), static_cast<std::size_t>(Bytes.Num()), Read);
  if (!Report(ToFString(Fault)) || !BeginToSay()) {
    return false;
  }
  EndLine();
  Voice->Stream.say(Read.samples.data(), Read.samples.size(), Read.num_channels,
                    Read.sample_rate_hz);
  EndLine();
  return true;
}

bool UPosecastComponent::PushAudio(const TArray<uint8>& Pcm, int32 SampleRate, int32 NumChannels) {
  return Say(Pcm, SampleRate, NumChannels, false);
}

void UPosecastComponent::EndLine() {
  if (Voice.IsValid()) {
    Voice->Stream.end_line();
  }
}

bool UPosecastComponent::Say(const TArray<uint8>& Pcm, int32 SampleRate, int32 NumChannels,
                             bool bIsWhole) {
  if (SampleRate < 8000 || SampleRate > 192000 || NumChannels < 1 || NumChannels > 8) {
    return Report(FString::Printf(TEXT("speech of %d Hz with %d channels; allowed: 8000 to 192000 "
                                       "Hz, 1 to 8 channels"),
                                  SampleRate, NumChannels));
  }
  if (!BeginToSay()) {
    return false;
  }
  if (bIsWhole) {
    EndLine();
  }
  const std::vector<float> Samples = read_pcm16(Pcm.GetData(), static_cast<std::size_t>(Pcm.Num()));
  Voice->Stream.say(Samples.data(), Samples.size(), static_cast<uint32>(NumChannels),
                    static_cast<uint32>(SampleRate));
  if (bIsWhole) {
    EndLine();
  }
  return true;
}

/** A sound without end: it is silent where nothing is queued. */
void UPosecastComponent::MakePlayer() {
  Wave = NewObject<USoundWaveProcedural>(this);
  Wave->SetSampleRate(kPlayRateHz);
  Wave->NumChannels = 1;
  Wave->Duration = INDEFINITELY_LOOPING_DURATION;
  Wave->VirtualizationMode = EVirtualizationMode::PlayWhenSilent;

  Player = NewObject<UAudioComponent>(this);
  Player->SetupAttachment(this);
  Player->bAutoActivate = false;
  Player->AttenuationSettings = Attenuation;
  Player->SetSound(Wave);
  Player->RegisterComponent();
  Player->Play();
}

void UPosecastComponent::PlayMore() {
  std::vector<int16> Samples;
  Voice->Stream.take_playable(Samples);
  if (Samples.empty()) {
    return;
  }
  if (Player == nullptr) {
    MakePlayer();
  }
  Wave->QueueAudio(reinterpret_cast<const uint8*>(Samples.data()),
                   static_cast<int32>(Samples.size() * sizeof(int16)));
  NumQueued += Samples.size();
}

void UPosecastComponent::ForgetPlayed() {
  NumQueued = 0;
  if (Wave != nullptr) {
    Wave->ResetAudio();
  }
}

/** The audio clock: what was queued, less what still waits. */
uint64 UPosecastComponent::NumPlayed() const {
  if (Wave == nullptr) {
    return 0;
  }
  const uint64 NumWaiting =
      static_cast<uint64>(FMath::Max(0, Wave->GetAvailableAudioByteCount())) / sizeof(int16);
  return NumQueued - FMath::Min(NumQueued, NumWaiting);
}
