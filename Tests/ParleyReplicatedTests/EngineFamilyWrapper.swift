import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyTesting

/// A family of which a test changes one thing.
protocol EngineFamilyWrapper: EngineFamily where E == Base.E {
  associatedtype Base: EngineFamily
  var base: Base { get }
}

extension EngineFamilyWrapper {
  var wordBits: Int { base.wordBits }
  func makeEngine(mesh: any MessageLinks, seed: UInt64) throws(ParleyError) -> E {
    try base.makeEngine(mesh: mesh, seed: seed)
  }
  func makeDealer(mesh: any MessageLinks, seed: UInt64) -> any InputDealer {
    base.makeDealer(mesh: mesh, seed: seed)
  }
  func makeReceiver(mesh: any MessageLinks) -> any OutputReceiver { base.makeReceiver(mesh: mesh) }
}
