#pragma once

#include "Components/SceneComponent.h"
#include "CoreMinimal.h"
#include "PosecastTypes.h"

#include "PosecastComponent.generated.h"

class FPosecastVoice;
class ILiveLinkSource;
class UAudioComponent;
class UPosecastSpeech;
class USkeletalMeshComponent;
class USoundAttenuation;
class USoundSubmix;
class USoundWave;
class USoundWaveProcedural;

DECLARE_DYNAMIC_MULTICAST_DELEGATE_OneParam(FPosecastFirstFrameEvent, int32, Utterance);
DECLARE_DYNAMIC_MULTICAST_DELEGATE_TwoParams(FPosecastEndEvent, int32, Utterance, bool,
                                             bWasInterrupted);
DECLARE_DYNAMIC_MULTICAST_DELEGATE_OneParam(FPosecastErrorEvent, const FString&, Message);

/**
 * A character's voice: plays speech where it is attached, sends it to the server, and has the face
 * of what is heard. Everything connects by itself when it is first used.
 */
UCLASS(ClassGroup = (Audio), meta = (BlueprintSpawnableComponent))
class POSECAST_API UPosecastComponent : public USceneComponent {
  GENERATED_BODY()

public:
  UPosecastComponent();

  /** Off: the connection below and not the one of the project's settings. */
  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Posecast")
  bool bUsesProjectConnection = true;

  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Posecast",
            meta = (EditCondition = "!bUsesProjectConnection"))
  FPosecastConnection Connection;

  /** Connect at the start of the game, so that the face is alive before the first word. */
  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Posecast")
  bool bConnectsOnBeginPlay = true;

  /** Off: you play the speech yourself, and the face follows as soon as it can. */
  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Posecast")
  bool bPlaysSpeech = true;

  /** From Unreal's mixer to the ear, in ms: the face waits as long. Usual: two buffers of 1024. */
  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Posecast",
            meta = (ClampMin = "0", ClampMax = "1000"))
  float OutputLatencyMs = 43;

  /** How long a line waits for its face before it is heard without one, in seconds. */
  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Posecast", meta = (ClampMin = "0"))
  float MostWaitForFace = 1;

  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Posecast")
  TObjectPtr<USoundAttenuation> Attenuation;

  /** Make the face a Live Link subject, for MetaHumans and Live Link Pose nodes. */
  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Posecast|Face")
  bool bPublishesToLiveLink = true;

  /** Set the morph targets of the owner's skeletal meshes that have ARKit's names. */
  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Posecast|Face")
  bool bDrivesMorphTargets = false;

  /** An utterance has its first face. */
  UPROPERTY(BlueprintAssignable, Category = "Posecast")
  FPosecastFirstFrameEvent OnFirstFrame;

  /** A line was heard to its end, or interrupted; -1 is one that the server never got. */
  UPROPERTY(BlueprintAssignable, Category = "Posecast")
  FPosecastEndEvent OnEnd;

  /** Something failed; speech is heard without a face. */
  UPROPERTY(BlueprintAssignable, Category = "Posecast")
  FPosecastErrorEvent OnError;

  UFUNCTION(BlueprintCallable, Category = "Posecast")
  bool Connect();

  UFUNCTION(BlueprintCallable, Category = "Posecast")
  void Disconnect();

  /** Says a sound wave behind what is being said. In the editor only: see Posecast Speech. */
  UFUNCTION(BlueprintCallable, Category = "Posecast")
  bool SpeakSoundWave(USoundWave* Sound);

  /** Says what the asset has kept, in packaged games too. */
  UFUNCTION(BlueprintCallable, Category = "Posecast")
  bool Speak(UPosecastSpeech* Speech);

  /** Says a WAV file that was read or downloaded. */
  UFUNCTION(BlueprintCallable, Category = "Posecast")
  bool SpeakWav(const TArray<uint8>& Wav);

  /** Says speech synthesis as it comes: 16-bit samples. End Line ends it. */
  UFUNCTION(BlueprintCallable, Category = "Posecast")
  bool PushAudio(const TArray<uint8>& Pcm, int32 SampleRate, int32 NumChannels = 1);

  /** The line of Push Audio is complete. */
  UFUNCTION(BlueprintCallable, Category = "Posecast")
  void EndLine();

  /** Shows the face of who speaks into the default microphone. */
  UFUNCTION(BlueprintCallable, Category = "Posecast")
  bool StartMicrophone();

  /** Shows the face of what a submix plays; without one, of everything that the game plays. */
  UFUNCTION(BlueprintCallable, Category = "Posecast")
  bool StartSubmix(USoundSubmix* Submix = nullptr);

  /** Ends the microphone or the submix. */
  UFUNCTION(BlueprintCallable, Category = "Posecast")
  void StopCapture();

  /** Silent at once; the face eases to rest in 200 ms. */
  UFUNCTION(BlueprintCallable, Category = "Posecast")
  void Interrupt();

  /** A style of the server or a blend, from the next window on. */
  UFUNCTION(BlueprintCallable, Category = "Posecast")
  bool SetStyle(const FString& Style, float Strength = 1);

  /** A curve's weight at this moment by its ARKit name, 0 where there is none. */
  UFUNCTION(BlueprintPure, Category = "Posecast")
  float GetCurve(FName Name) const;

  /** All curves at this moment. */
  UFUNCTION(BlueprintPure, Category = "Posecast")
  TMap<FName, float> GetCurves() const;

  /** The head at this moment, in Unreal's axes. */
  UFUNCTION(BlueprintPure, Category = "Posecast")
  FRotator GetHead() const { return Head; }

  UFUNCTION(BlueprintPure, Category = "Posecast")
  bool IsSpeaking() const;

  UFUNCTION(BlueprintPure, Category = "Posecast")
  EPosecastStatus GetStatus() const;

  UFUNCTION(BlueprintPure, Category = "Posecast")
  FString GetStatusText() const;

  virtual void BeginPlay() override;
  virtual void EndPlay(const EEndPlayReason::Type EndPlayReason) override;
  virtual void TickComponent(float DeltaTime, ELevelTick TickType,
                             FActorComponentTickFunction* ThisTickFunction) override;

private:
  bool Open(bool bIsHeardHere);
  bool BeginToSay();
  bool Say(const TArray<uint8>& Pcm, int32 SampleRate, int32 NumChannels, bool bIsWhole);
  bool Report(const FString& Fault);
  void RaiseEvents();
  void ReadFace();
  void ApplyMorphTargets();
  void Publish();
  void Unpublish();

  void MakePlayer();
  void PlayMore();
  void ForgetPlayed();
  uint64 NumPlayed() const;

  TSharedPtr<FPosecastVoice> Voice;
  TSharedPtr<ILiveLinkSource> Source;

  /** What Set Style chose, for streams to come. */
  TOptional<FString> ChosenStyle;
  float ChosenStrength = 1;

  UPROPERTY(Transient)
  TObjectPtr<UAudioComponent> Player;

  UPROPERTY(Transient)
  TObjectPtr<USoundWaveProcedural> Wave;

  /** Samples given to the wave since the last interrupt. */
  uint64 NumQueued = 0;

  TArray<FName> CurveNames;
  TArray<float> Weights;
  FRotator Head = FRotator::ZeroRotator;
};
