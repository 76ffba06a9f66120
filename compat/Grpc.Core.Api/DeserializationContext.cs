using System;
using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a deserializer gets a message from, by one of its two methods, once.</summary>
public abstract class DeserializationContext
{
    public abstract int PayloadLength { get; }

    /// <summary>The message in an array that the deserializer may keep.</summary>
    public virtual byte[] PayloadAsNewBuffer() => throw new NotImplementedException();

    /// <summary>The message without a copy; must not be used after the deserializer has returned.</summary>
    public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence() => throw new NotImplementedException();
}
