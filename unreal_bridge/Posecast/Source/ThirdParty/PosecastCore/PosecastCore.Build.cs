using System.IO;
using UnrealBuildTool;

// The client core's header, and its library for the game that is packaged. Nothing is linked: the
// module Posecast loads the library at run time, and tells readably where it is missing.
public class PosecastCore : ModuleRules
{
    public PosecastCore(ReadOnlyTargetRules Target) : base(Target)
    {
        Type = ModuleType.External;

        // package_plugin.py puts the header here; in a checkout it lies beside the plugin.
        string Packaged = Path.Combine(ModuleDirectory, "include");
        string Checkout = Path.Combine(PluginDirectory, "..", "core", "include");
        PublicSystemIncludePaths.Add(Directory.Exists(Packaged) ? Packaged : Checkout);

        string Library = Path.Combine(ModuleDirectory, "bin", Target.Platform.ToString(), FileName(Target));
        if (File.Exists(Library))
        {
            RuntimeDependencies.Add(Library);
        }
    }

    private static string FileName(ReadOnlyTargetRules Target)
    {
        if (Target.Platform == UnrealTargetPlatform.Win64)
        {
            return "posecast_core.dll";
        }
        return Target.Platform == UnrealTargetPlatform.Mac ? "libposecast_core.dylib" : "libposecast_core.so";
    }
}
