using System.IO;
using System.IO.Compression;

namespace Grpc.Net.Compression;

/// <summary>One message encoding: makes the streams that compress and decompress a message.</summary>
public interface ICompressionProvider
{
    /// <summary>The name in the <c>grpc-encoding</c> and <c>grpc-accept-encoding</c> headers.</summary>
    string EncodingName { get; }

    Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel);

    Stream CreateDecompressionStream(Stream stream);
}
