internal import ParleyAlgebra
internal import ParleyBase
internal import ParleyEngine
internal import ParleyNetwork

/// Conversions between the domains: x = x_0 + x_1, and party j knows x_j, whose bits it takes as its share while the other takes
/// zeros. The lowering adds the two (ABY, NDSS 2015, III.D, without a message since nothing is masked).
extension AdditiveEngine {
  private var local: Int { mesh.local.rawValue }

  private func zeros(_ count: Int) -> Storage<UInt64> { Storage(repeating: 0, count: count, pool: pool) }

  func summands(
    _ a: Arith, width: Int, _ step: StepID
  ) throws(ParleyError) -> ExchangeResult<Arith, Plane> {
    guard (0...Word.bitWidth).contains(width) else { throw mismatch("width and ring", step) }
    let layout = PlaneLayout(planes: width, count: a.count)
    let bits = Storage<UInt64>(uninitialized: layout.words, pool: pool)
    withExtendedLifetime(a) { Word.toPlanes(a.pointer, count: a.count, planes: layout.starts(bits.pointer)) }
    let own = layout.planes(of: bits), none = layout.planes(of: zeros(layout.words))
    return .summandPlanes((0..<2).map { $0 == local ? own : none })
  }

  func shiftedSummands(
    _ a: Arith, bits: Int, _ step: StepID
  ) throws(ParleyError) -> ExchangeResult<Arith, Plane> {
    guard (0..<Word.bitWidth).contains(bits) else { throw mismatch("shift and ring", step) }
    let (storage, own) = newWords(a.count)
    withExtendedLifetime(a) {
      WordConversion<Word>.shiftRight(a.pointer, by: bits, into: storage.pointer, count: a.count)
    }
    let none = AdditiveWords<Word>(Storage(repeating: 0, count: a.count, pool: pool), count: a.count)
    return .arith((0..<2).map { $0 == local ? own : none })
  }

  func bitSummands(_ planes: [Plane], _ step: StepID) throws(ParleyError) -> ExchangeResult<Arith, Plane> {
    let count = planes.first?.count ?? 0
    guard planes.allSatisfy({ $0.count == count }) else { throw mismatch("planes", step) }
    let none = AdditiveWords<Word>(Storage(repeating: 0, count: count, pool: pool), count: count)
    let storage = Storage<Word>(uninitialized: planes.count * count, pool: pool)
    return .summandArith(
      planes.enumerated().map { index, plane in
        withExtendedLifetime(plane) {
          Word.fromPlanes([plane.pointer], count: count, into: storage.pointer + index * count)
        }
        let own = AdditiveWords(storage, start: index * count, count: count)
        return (0..<2).map { $0 == local ? own : none }
      })
  }
}
