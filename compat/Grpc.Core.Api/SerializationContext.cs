using System;
using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a serializer puts a message. It ends with exactly one call of a <c>Complete</c>.</summary>
public abstract class SerializationContext
{
    /// <summary>Hands over the whole message.</summary>
    public virtual void Complete(byte[] payload) => throw new NotImplementedException();

    /// <summary>A buffer to write the message into; end with <see cref="Complete()"/>.</summary>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw new NotImplementedException();

    /// <summary>Says how long the message will be, before the buffer is asked for. May be left out.</summary>
    public virtual void SetPayloadLength(int payloadLength)
    {
    }

    /// <summary>Says that the message is all in the buffer.</summary>
    public virtual void Complete() => throw new NotImplementedException();
}
