package import ParleyBase
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

/// Several parties and their kings with bits only, without any security (``InsecureWordlessEngine``).
package struct WordlessFamily: EngineFamily {
  /// Parties and kings.
  package var form: KingForm
  /// So many parties, the first `kings` of which answer.
  package init(parties: Int = 5, kings: Int = 2, shuffles: Bool = true) {
    form = KingForm(parties: parties, kings: kings, shuffles: shuffles)
  }

  package var descriptor: EngineDescriptor { InsecureWordlessEngine.descriptor(form) }
  package func makeEngine(mesh: any MessageLinks, seed: UInt64) throws(ParleyError) -> InsecureWordlessEngine {
    InsecureWordlessEngine(mesh: mesh, form: form, seed: seed)
  }
  package func makeDealer(mesh: any MessageLinks, seed: UInt64) -> any InputDealer {
    AdditiveTestDealer(mesh: mesh, parties: form.parties, seed: seed)
  }
  package func makeReceiver(mesh: any MessageLinks) -> any OutputReceiver {
    AdditiveTestReceiver(mesh: mesh, parties: form.parties)
  }
}
