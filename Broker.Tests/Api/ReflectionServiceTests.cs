using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Reflection.V1;
using SecretsBroker.Api;
using SecretsBroker.Tests.Compat;
using SecretsBroker.Tests.V1;

namespace SecretsBroker.Tests.Api;

internal sealed class ReflectionServiceTests
{
    private const string EchoFile = "secretsbroker/tests/v1/echo.proto";
    private const string NoteFile = "secretsbroker/tests/v1/note.proto";
    private const string DescriptorFile = "google/protobuf/descriptor.proto";

    private GrpcTestServer _server = null!;
    private GrpcChannel _channel = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _server = await GrpcTestServer.StartAsync(
            app => app.MapStandardServices(),
            services => services.AddStandardServices(EchoService.Descriptor));
        _channel = _server.Connect();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
    }

    [Test]
    public async Task Lists_the_exposed_services()
    {
        var response = await AskAsync(new ServerReflectionRequest { ListServices = "" });

        Assert.That(response.ListServicesResponse.Service.Select(service => service.Name), Is.EqualTo(new[]
        {
            "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "secretsbroker.tests.v1.EchoService",
        }));
    }

    [TestCase("secretsbroker.tests.v1.EchoService")]
    [TestCase("secretsbroker.tests.v1.EchoService.Say")]
    [TestCase("secretsbroker.tests.v1.SayRequest")]
    [TestCase("secretsbroker.tests.v1.SayRequest.text")]
    [TestCase("secretsbroker.tests.v1.SayRequest.Tone")]
    [TestCase("secretsbroker.tests.v1.SayRequest.TONE_LOUD")]
    public async Task Finds_the_file_of_a_symbol(string symbol) => Assert.That(
        await FilesAsync(new ServerReflectionRequest { FileContainingSymbol = symbol }),
        Is.EqualTo(new[] { EchoFile, NoteFile, DescriptorFile }));

    [Test]
    public async Task Finds_the_file_of_an_extension_by_name() => Assert.That(
        await FilesAsync(new ServerReflectionRequest { FileContainingSymbol = "secretsbroker.tests.v1.note" }),
        Is.EqualTo(new[] { NoteFile, DescriptorFile }));

    [Test]
    public async Task Finds_the_file_of_an_extension_by_number() => Assert.That(
        await FilesAsync(Extension("google.protobuf.MethodOptions", 50101)),
        Is.EqualTo(new[] { NoteFile, DescriptorFile }));

    [Test]
    public async Task Finds_a_file_by_name() => Assert.That(
        await FilesAsync(new ServerReflectionRequest { FileByFilename = NoteFile }),
        Is.EqualTo(new[] { NoteFile, DescriptorFile }));

    [Test]
    public async Task What_is_sent_is_enough_to_build_the_service_from()
    {
        var response = await AskAsync(new ServerReflectionRequest { FileContainingSymbol = EchoService.Descriptor.FullName });

        var files = FileDescriptor.BuildFromByteStrings(response.FileDescriptorResponse.FileDescriptorProto.Reverse());

        var service = files.Single(file => file.Name == EchoFile).Services.Single();
        Assert.That(service.FullName, Is.EqualTo(EchoService.Descriptor.FullName));
        Assert.That(
            service.Methods.Select(method => (method.Name, method.IsClientStreaming, method.IsServerStreaming)),
            Is.EqualTo(new[]
            {
                ("Say", false, false), ("Collect", true, false), ("Repeat", false, true), ("Chat", true, true),
            }));
    }

    [TestCase("google.protobuf.MethodOptions", new[] { 50101 })]
    [TestCase("secretsbroker.tests.v1.SayRequest", new int[0])]
    public async Task Tells_the_extensions_of_a_message(string type, int[] numbers)
    {
        var response = await AskAsync(new ServerReflectionRequest { AllExtensionNumbersOfType = type });

        Assert.That(response.AllExtensionNumbersResponse.BaseTypeName, Is.EqualTo(type));
        Assert.That(response.AllExtensionNumbersResponse.ExtensionNumber, Is.EqualTo(numbers));
    }

    private static IEnumerable<ServerReflectionRequest> Unknown() =>
    [
        new() { FileByFilename = "no/such/file.proto" },
        new() { FileContainingSymbol = "no.such.Symbol" },
        new() { FileContainingSymbol = "" },
        new() { AllExtensionNumbersOfType = "no.such.Message" },
        Extension("no.such.Message", 1),
        Extension("google.protobuf.MethodOptions", 1),
    ];

    [TestCaseSource(nameof(Unknown))]
    public async Task What_is_unknown_is_answered_as_not_found(ServerReflectionRequest request)
    {
        var response = await AskAsync(request);

        Assert.That(response.ErrorResponse.ErrorCode, Is.EqualTo((int)StatusCode.NotFound));
        Assert.That(response.OriginalRequest, Is.EqualTo(request));
    }

    [Test]
    public async Task One_stream_answers_many_requests_errors_among_them()
    {
        using var call = new ServerReflection.ServerReflectionClient(_channel).ServerReflectionInfo();
        ServerReflectionRequest[] requests =
        [
            new(), new() { Host = "me", ListServices = "*" }, new() { FileByFilename = EchoFile },
        ];
        foreach (var request in requests)
            await call.RequestStream.WriteAsync(request);
        await call.RequestStream.CompleteAsync();

        var responses = new List<ServerReflectionResponse>();
        await foreach (var response in call.ResponseStream.ReadAllAsync())
            responses.Add(response);

        Assert.That(responses.Select(response => response.OriginalRequest), Is.EqualTo(requests));
        Assert.That(responses[0].ErrorResponse.ErrorCode, Is.EqualTo((int)StatusCode.InvalidArgument));
        Assert.That(responses[1].ValidHost, Is.EqualTo("me"));
        Assert.That(responses[2].FileDescriptorResponse, Is.Not.Null);
    }

    private static ServerReflectionRequest Extension(string type, int number) =>
        new() { FileContainingExtension = new ExtensionRequest { ContainingType = type, ExtensionNumber = number } };

    private async Task<IEnumerable<string>> FilesAsync(ServerReflectionRequest request) =>
        (await AskAsync(request)).FileDescriptorResponse.FileDescriptorProto
            .Select(bytes => FileDescriptorProto.Parser.ParseFrom(bytes).Name);

    private async Task<ServerReflectionResponse> AskAsync(ServerReflectionRequest request)
    {
        using var call = new ServerReflection.ServerReflectionClient(_channel).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(request);
        await call.RequestStream.CompleteAsync();
        Assert.That(await call.ResponseStream.MoveNext(), Is.True);
        return call.ResponseStream.Current;
    }
}
