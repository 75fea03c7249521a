"""The check of registers and spills sees what it is for."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import ptxas_budget

LOG = """ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function '_ZN1a3sumIfEEvPT_' for 'sm_80'
ptxas info    : Function properties for _ZN1a3sumIfEEvPT_
    8 bytes stack frame, 4 bytes spill stores, 12 bytes spill loads
ptxas info    : Used 40 registers, used 1 barriers, 2048 bytes smem, 384 bytes cmem[0]
ptxas info    : Compiling entry function '_ZN1a3sumIfEEvPT_' for 'sm_90'
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 32 registers, used 0 barriers
"""


class PtxasBudget(unittest.TestCase):
    def test_a_log_is_read(self):
        self.assertEqual(ptxas_budget.read_log(LOG),
                         {"_ZN1a3sumIfEEvPT_": {"sm_80": [40, 16, 2048], "sm_90": [32, 0, 0]}})

    def test_kernels_of_cub_are_left_out(self):
        self.assertEqual(ptxas_budget.read_log(LOG.replace("_ZN1a", "_ZN3cub1a")), {})

    def test_names_are_short(self):
        name = "_ZN52_GLOBAL__N__a60880a6_4_a_cu_main1kIfNS_5TwiceEEEvPKT_PS2_T0_m"
        self.assertEqual(ptxas_budget.demangled(["_ZN1a3sumIfEEvPT_"]), {"_ZN1a3sumIfEEvPT_": "sum<float>"})
        self.assertEqual(len(ptxas_budget.demangled([name, "_ZN1a3sumIfEEvPT_"])), 2)

    def test_more_of_anything_is_seen(self):
        budget = {"a.cu": {"k": {"sm_90": [32, 0, 1024]}}}
        said = lambda values, same=True: ptxas_budget.complaints({"a.cu": {"k": {"sm_90": values}}}, budget, same)
        self.assertEqual(said([32, 0, 1024]), [])
        self.assertEqual(said([30, 0, 0]), [])
        self.assertIn("33 registers", said([33, 0, 1024])[0])
        self.assertIn("8 bytes of spills", said([32, 8, 1024])[0])
        self.assertIn("2048 bytes of shared", said([32, 0, 2048])[0])
        self.assertEqual(said([36, 0, 1024], same=False), [])
        self.assertEqual(len(said([37, 8, 1024], same=False)), 2)

    def test_new_and_gone_kernels_are_seen(self):
        some = {"a.cu": {"k": {"sm_90": [32, 0, 0]}}}
        self.assertIn("not in the budget", ptxas_budget.complaints(some, {}, True)[0])
        self.assertIn("no such kernel", ptxas_budget.complaints({}, some, True)[0])


if __name__ == "__main__":
    unittest.main()
