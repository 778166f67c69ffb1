using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Posecast.Unity")]
[assembly: InternalsVisibleTo("Posecast.Tests")]
