import ParleyEngine
import ParleyProgram
import ParleyReplicated

typealias SharedWordsOfTest = SharedWords<UInt8>
typealias SharedPlaneOfTest = SharedPlane
typealias ExchangeOfTest = Exchange<SharedWords<UInt8>, SharedPlane>
typealias OpenedOfTest = Opened<SharedWords<UInt8>, SharedPlane>
typealias EngineDescriptorOfTest = EngineDescriptor
