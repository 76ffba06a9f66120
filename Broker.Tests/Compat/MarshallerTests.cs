using Grpc.Core;

namespace SecretsBroker.Tests.Compat;

internal sealed class MarshallerTests
{
    [Test]
    public void Functions_on_arrays_work_in_a_context()
    {
        var context = new RecordingContext();
        Marshallers.StringMarshaller.ContextualSerializer("grüße", context);

        Assert.That(context.Payload, Is.EqualTo("grüße"u8.ToArray()));
        Assert.That(Marshallers.StringMarshaller.ContextualDeserializer(new GivenContext("grüße"u8.ToArray())), Is.EqualTo("grüße"));
    }

    [Test]
    public void Functions_of_a_context_are_given_back()
    {
        Action<string, SerializationContext> serialize = (_, _) => { };
        Func<DeserializationContext, string> deserialize = _ => "";

        var marshaller = Marshallers.Create(serialize, deserialize);

        Assert.That(marshaller.ContextualSerializer, Is.SameAs(serialize));
        Assert.That(marshaller.ContextualDeserializer, Is.SameAs(deserialize));
        Assert.That(() => marshaller.Serializer(""), Throws.TypeOf<NotImplementedException>());
        Assert.That(() => marshaller.Deserializer([]), Throws.TypeOf<NotImplementedException>());
    }

    private sealed class RecordingContext : SerializationContext
    {
        public byte[]? Payload { get; private set; }

        public override void Complete(byte[] payload) => Payload = payload;
    }

    private sealed class GivenContext(byte[] payload) : DeserializationContext
    {
        public override int PayloadLength => payload.Length;

        public override byte[] PayloadAsNewBuffer() => payload;
    }
}
