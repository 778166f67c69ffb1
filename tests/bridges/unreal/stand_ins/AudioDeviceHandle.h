#pragma once
class FAudioDevice;
class FAudioDeviceHandle {
public:
  FAudioDeviceHandle();
  FAudioDeviceHandle(const FAudioDeviceHandle& other);
  FAudioDeviceHandle& operator=(const FAudioDeviceHandle& other);
  ~FAudioDeviceHandle();
  bool IsValid() const;
  void Reset();
  FAudioDevice* operator->() const;
};
