#pragma once
#include "AudioDeviceHandle.h"
#include "CoreMinimal.h"
#include "Misc/EngineVersionComparison.h"
class ISubmixBufferListener;
class USoundSubmix;
class FAudioDevice {
public:
  USoundSubmix& GetMainSubmixObject() const;
#if UE_VERSION_OLDER_THAN(5, 4, 0)
  void RegisterSubmixBufferListener(ISubmixBufferListener* listener,
                                    USoundSubmix* submix = nullptr);
  void UnregisterSubmixBufferListener(ISubmixBufferListener* listener,
                                      USoundSubmix* submix = nullptr);
#else
  void RegisterSubmixBufferListener(TSharedRef<ISubmixBufferListener, ESPMode::ThreadSafe> listener,
                                    USoundSubmix& submix);
  void
  UnregisterSubmixBufferListener(TSharedRef<ISubmixBufferListener, ESPMode::ThreadSafe> listener,
                                 USoundSubmix& submix);
#endif
};
