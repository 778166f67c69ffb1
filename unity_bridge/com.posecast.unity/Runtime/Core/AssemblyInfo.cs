using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Posecast.Tests")]
