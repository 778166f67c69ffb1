#pragma once

#include "CoreMinimal.h"

#include "PosecastTypes.generated.h"

/** How much audio the server waits for before it makes a face of it. */
UENUM(BlueprintType)
enum class EPosecastLatency : uint8 {
  Default,
  /** Windows of 4 s, for what is complete. */
  Offline,
  /** Windows of 1 s, for speech synthesis that runs ahead. */
  Balanced,
  /** Windows of 0.12 s, for microphones. */
  Realtime
};

/** Where a Live Link subject's audio comes from, if no component speaks for it. */
UENUM(BlueprintType)
enum class EPosecastCapture : uint8 {
  None,
  /** The default recording device. */
  Microphone,
  /** Everything that the game plays. */
  Game
};

/** What a degree of the head becomes in the curves HeadYaw, HeadPitch and HeadRoll. */
UENUM(BlueprintType)
enum class EPosecastHeadPreset : uint8 {
  /** 0.02 a degree: the MetaHuman graph multiplies yaw by -50, the others by 50. */
  MetaHuman,
  /** Degrees / 180. */
  ARKit,
  /** An Unreal rotator in degrees. */
  Degrees,
  /** The three numbers below. */
  Custom
};

/** What the plugin says of a stream. */
UENUM(BlueprintType)
enum class EPosecastStatus : uint8 {
  Closed,
  NoLibrary,
  Connecting,
  /** Connected; nothing is spoken. */
  Waiting,
  /** A face is shown. */
  Receiving,
  /** Speech is played, and its face has not come. */
  Behind,
  Reconnecting,
  /** For good: connect again. */
  Failed,
  Calibrating
};

/** Scale and signs of the head's curves; a negative number turns an axis round. */
USTRUCT(BlueprintType)
struct POSECAST_API FPosecastHeadScale {
  GENERATED_BODY()

  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Posecast")
  EPosecastHeadPreset Preset = EPosecastHeadPreset::MetaHuman;

  /** HeadYaw per degree to the character's own left. */
  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Posecast",
            meta = (ClampMin = "-10", ClampMax = "10",
                    EditCondition = "Preset == EPosecastHeadPreset::Custom"))
  double Yaw = 0.02;

  /** HeadPitch per degree up. */
  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Posecast",
            meta = (ClampMin = "-10", ClampMax = "10",
                    EditCondition = "Preset == EPosecastHeadPreset::Custom"))
  double Pitch = 0.02;

  /** HeadRoll per degree to the character's own right shoulder. */
  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Posecast",
            meta = (ClampMin = "-10", ClampMax = "10",
                    EditCondition = "Preset == EPosecastHeadPreset::Custom"))
  double Roll = 0.02;
};

/** A server, and what to make of its face. */
USTRUCT(BlueprintType)
struct POSECAST_API FPosecastConnection {
  GENERATED_BODY()

  /** HOST:PORT of `posecast serve`. */
  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Server")
  FString Address = TEXT("127.0.0.1:50051");

  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Server")
  bool bUsesTls = false;

  /** Sent as `authorization: Bearer`. Live Link's presets keep it as plain text. */
  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Server", meta = (PasswordField = true))
  FString Token;

  /** A PEM file in the place of the system's roots. */
  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Server",
            meta = (EditCondition = "bUsesTls"))
  FString RootCertificatesFile;

  /** The name in the server's certificate, if the address has another. */
  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Server",
            meta = (EditCondition = "bUsesTls"))
  FString ServerName;

  /** How the face is called in the Live Link panel. */
  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Face")
  FString Subject = TEXT("Posecast");

  /** A style of the server, or a blend: cheerful:0.6,tired:0.4. Empty for its default. */
  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Face")
  FString Style;

  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Face",
            meta = (ClampMin = "0", ClampMax = "2"))
  double StyleStrength = 1;

  /** 25, 30, 50 or 60. */
  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Face")
  int32 FrameRate = 25;

  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Face")
  EPosecastLatency Latency = EPosecastLatency::Default;

  /** The face goes on living between utterances. */
  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Face")
  bool bIdles = true;

  /** Of a Live Link source without a component. */
  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Face")
  EPosecastCapture Audio = EPosecastCapture::None;

  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Head")
  FPosecastHeadScale HeadScale;

  /** Show one thing after another and not the server's face: the status tells what to look for. */
  UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Head")
  bool bCalibrates = false;
};
