using Grpc.Core;
using Grpc.Reflection.V1;
using FileDescriptor = Google.Protobuf.Reflection.FileDescriptor;
using Request = Grpc.Reflection.V1.ServerReflectionRequest;
using Response = Grpc.Reflection.V1.ServerReflectionResponse;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace SecretsBroker.Api;

/// <summary><c>grpc.reflection.v1.ServerReflection</c> over the exposed services and all that their files import.</summary>
internal sealed class ReflectionService(IReadOnlyList<ServiceDescriptor> exposed, IHostApplicationLifetime lifetime)
    : ServerReflection.ServerReflectionBase
{
    private readonly DescriptorIndex _index = new(exposed.Select(service => service.File));

    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<Request> requestStream, IServerStreamWriter<Response> responseStream, ServerCallContext context)
    {
        // A stream that anybody may leave open must not use up the time in which a stopping broker finishes its revocations.
        using var open = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            await foreach (var request in requestStream.ReadAllAsync(open.Token))
            {
                var response = Answer(request);
                response.ValidHost = request.Host;
                response.OriginalRequest = request;
                await responseStream.WriteAsync(response, open.Token);
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // A status would end the answer and leave the request open for as long as the caller likes.
            context.GetHttpContext().Abort();
            throw new RpcException(new Status(StatusCode.Unavailable, "The server is stopping."));
        }
    }

    private Response Answer(Request request) => request.MessageRequestCase switch
    {
        Request.MessageRequestOneofCase.ListServices => Services(),
        Request.MessageRequestOneofCase.FileByFilename => Files(_index.FileNamed(request.FileByFilename)),
        Request.MessageRequestOneofCase.FileContainingSymbol => Files(_index.FileOfSymbol(request.FileContainingSymbol)),
        Request.MessageRequestOneofCase.FileContainingExtension => Files(_index.FileOfExtension(
            request.FileContainingExtension.ContainingType, request.FileContainingExtension.ExtensionNumber)),
        Request.MessageRequestOneofCase.AllExtensionNumbersOfType => Extensions(request.AllExtensionNumbersOfType),
        _ => Error(StatusCode.InvalidArgument, "The request asks for nothing."),
    };

    private Response Services()
    {
        var names = exposed.Select(service => service.FullName).Order(StringComparer.Ordinal);
        var services = new ListServiceResponse();
        services.Service.AddRange(names.Select(name => new ServiceResponse { Name = name }));
        return new Response { ListServicesResponse = services };
    }

    private static Response Files(FileDescriptor? file)
    {
        if (file is null)
            return Error(StatusCode.NotFound, "Not found.");
        var files = new FileDescriptorResponse();
        files.FileDescriptorProto.AddRange(DescriptorIndex.WithDependencies(file).Select(each => each.SerializedData));
        return new Response { FileDescriptorResponse = files };
    }

    private Response Extensions(string type)
    {
        if (_index.ExtensionsOf(type) is not { } numbers)
            return Error(StatusCode.NotFound, "Not found.");
        var extensions = new ExtensionNumberResponse { BaseTypeName = type };
        extensions.ExtensionNumber.AddRange(numbers);
        return new Response { AllExtensionNumbersResponse = extensions };
    }

    // An error of one request is an answer; the stream goes on.
    private static Response Error(StatusCode code, string message) =>
        new() { ErrorResponse = new ErrorResponse { ErrorCode = (int)code, ErrorMessage = message } };
}
