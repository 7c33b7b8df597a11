document.getElementById('ask').addEventListener('click', () => window.Nearside.ask('How do I pair the Halo Buds?'));
